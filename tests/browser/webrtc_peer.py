# Run in the kernel of a test: an API on loopback that a browser can call, aiortc being the model's ear and mouth.
import asyncio
import os
from fractions import Fraction

import numpy as np
from aiohttp import web
from aiortc import MediaStreamTrack, RTCPeerConnection, RTCSessionDescription
from av import AudioFrame
from av.audio.resampler import AudioResampler

from nbagents._loop_thread import LoopThread
from nbagents.realtime.local import LocalRealtimeServer

STANDARD_KEY = os.environ["OPENAI_API_KEY"]
SECRET = "ek_soon_worth_nothing"
seen = []  # what was asked for, and with which key


def bearer(request):
    return request.headers["Authorization"].removeprefix("Bearer ")


class Mouth(MediaStreamTrack):
    """What the model says, 20 ms at a time; silence where it says nothing."""

    kind = "audio"

    def __init__(self):
        super().__init__()
        self.said, self.frames = bytearray(), 0

    async def recv(self):
        await asyncio.sleep(0.02)
        piece = bytes(self.said[:960]).ljust(960, b"\0")
        del self.said[:960]
        frame = AudioFrame.from_ndarray(np.frombuffer(piece, "<i2").reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 24_000, self.frames * 480, Fraction(1, 24_000)
        self.frames += 1
        return frame


class Peer:
    def __init__(self, server):
        self.server, self.connections = server, set()

    async def secret(self, request):
        seen.append(("client_secrets", bearer(request)))
        return web.json_response({"value": SECRET, "expires_at": 2_000_000_000, "session": {"type": "realtime"}})

    async def call(self, request):
        seen.append(("calls", bearer(request)))
        connection, mouth, call_id = RTCPeerConnection(), Mouth(), "rtc_1"
        self.connections.add(connection)
        connection.addTrack(mouth)
        self.server.peers[call_id] = mouth.said.extend
        connection.on("track", lambda track: asyncio.ensure_future(self.listen(track, call_id)))
        connection.on("datachannel", lambda channel: seen.append(("datachannel", "")))
        await connection.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        headers = {"Location": f"/v1/realtime/calls/{call_id}", "Access-Control-Expose-Headers": "Location"}
        return web.Response(
            text=connection.localDescription.sdp, content_type="application/sdp", status=201, headers=headers
        )

    async def listen(self, track, call_id):
        resampler = AudioResampler(format="s16", layout="mono", rate=24_000)
        while True:
            for frame in resampler.resample(await track.recv()):
                call = self.server.calls.get(call_id)
                if call is not None:
                    sound = frame.to_ndarray().astype("<i2").tobytes()
                    asyncio.run_coroutine_threadsafe(call.hearing.take(sound), self.server.loop)


@web.middleware
async def from_any_page(request, handler):
    allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "authorization, content-type"}
    response = web.Response() if request.method == "OPTIONS" else await handler(request)
    response.headers.update(allowed)
    return response


async def start(peer):
    app = web.Application(middlewares=[from_any_page])
    app.router.add_route("*", "/v1/realtime/client_secrets", peer.secret)
    app.router.add_route("*", "/v1/realtime/calls", peer.call)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return site._server.sockets[0].getsockname()[1]


server = LocalRealtimeServer().start()
thread = LoopThread("webrtc-peer")
port = thread.submit(start(Peer(server))).result()
os.environ["OPENAI_BASE_URL"] = f"http://127.0.0.1:{port}/v1"
