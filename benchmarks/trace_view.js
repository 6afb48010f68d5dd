// What the page of benchmarks/trace_view.py does: ask for what a kernel would send, draw it, and take the time.
globalThis.post = async (path, body) => {
    const bytes = await (await fetch('/' + path, {method: 'POST', body: JSON.stringify(body)})).arrayBuffer();
    const size = new DataView(bytes).getUint32(0, true);
    let at = 4 + size;
    return JSON.parse(new TextDecoder().decode(bytes.slice(4, at))).map(([content, sizes]) =>
        [content, sizes.map(size => { at += size; return new DataView(bytes, at - size, size); })]);
};
globalThis.painted = () => new Promise(done => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
}));
globalThis.until = async test => { while (!test()) await painted(); };
globalThis.open_ = async count => {
    const began = performance.now();
    const [[{view_id, html, esm}]] = await post('open', count);
    document.body.innerHTML = html;
    const values = {view_id, expanded: true, selection: []};
    const heard = {};
    const model = {
        get: name => values[name], set: (name, value) => { values[name] = value; }, save_changes() {},
        on: (name, work) => { heard[name] = work; },
        send: async message => { for (const [content, buffers] of await post('ask', message)) heard['msg:custom'](content, buffers); },
    };
    const url = URL.createObjectURL(new Blob([esm], {type: 'text/javascript'}));
    (await import(url)).default.initialize({model});
    await until(() => document.querySelector('.nbagents-root'));
    const shadow = globalThis.shadow = document.querySelector('.nbagents-root').shadowRoot;
    await until(() => shadow.querySelector('.plain path, .plot .point path'));
    const first = performance.now() - began;
    await until(() => shadow.querySelector('.plot .point path'));
    return {first, plotly: performance.now() - began};
};
globalThis.steps = async (count, step) => {
    const times = [];
    for (let n = 0; n < count; n++) {
        const began = performance.now();
        step(n);
        await painted();
        times.push(performance.now() - began);
    }
    return times;
};
globalThis.moves = async count => {
    const chart = shadow.querySelector('.scroller');
    const box = shadow.querySelector('.plot').getBoundingClientRect();
    const at = {clientX: box.left + box.width * 0.6, clientY: box.top + 100, bubbles: true, cancelable: true};
    return steps(count, n => chart.dispatchEvent(new WheelEvent('wheel', n % 2
        ? {...at, deltaX: 40, deltaY: 0} : {...at, ctrlKey: true, deltaY: n % 20 < 14 ? -160 : 300})));
};
globalThis.scrolls = async count => {
    const chart = shadow.querySelector('.scroller');
    return steps(count, n => { chart.scrollTop = (n * 7919 * 24) % chart.scrollHeight; });
};
globalThis.plain = async count => {
    const [[figure]] = await post('figure', count);
    document.body.innerHTML = '<div id=plain style="width:1000px;height:500px"></div>';
    const place = document.getElementById('plain');
    const began = performance.now();
    await globalThis.Plotly_.newPlot(place, figure.data, figure.layout);
    await painted();
    const first = performance.now() - began;
    const [from, to] = place.layout.xaxis.range.map(text => Date.parse(text + 'Z'));
    const times = [];
    for (let n = 0; n < 12; n++) {
        const share = 0.9 - 0.06 * n;
        const range = [from + (to - from) * (1 - share) / 2, to - (to - from) * (1 - share) / 2].map(ms => new Date(ms).toISOString().replace('Z', ''));
        const step = performance.now();
        await globalThis.Plotly_.relayout(place, {'xaxis.range': range});
        await painted();
        times.push(performance.now() - step);
    }
    return {first, times, nodes: place.querySelectorAll('*').length};
};
globalThis.loadPlotly = async () => {
    await post('open', 200);
    const [[, [bytes]]] = await post('ask', {type: 'plotly'});
    const source = new Blob(['var define, exports, module, require;\n', bytes], {type: 'text/javascript'});
    await import(URL.createObjectURL(source));
    globalThis.Plotly_ = globalThis.Plotly;
    globalThis[Symbol.for('nbagents.page')] = {hubs: new Map(), plotly: Promise.resolve(globalThis.Plotly), watcher: null};
};
