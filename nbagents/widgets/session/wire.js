// @ts-check
/** Requests of one page to its kernel, each with its own answer. */

const MOST_BYTES = 8_000_000; // of a message; a larger one would close the connection
const SLOW_MS = 700;

/** A request that was refused: nothing was written. */
export class Refusal extends Error {
  /** @param {{text: string, kind: string, conflicts: any[]}} answer */
  constructor({ text, kind, conflicts }) {
    super(text);
    this.kind = kind;
    this.conflicts = conflicts;
  }
}

/** What was asked and is not answered yet. */
export class Wire {
  /** @param {(message: any) => void} send */
  constructor(send) {
    this.send = send;
    this.client = Math.random().toString(36).slice(2);
    /** @type {Map<number, {resolve: (value: any) => void, reject: (error: Error) => void, since: number}>} */ this.waiting = new Map();
    this.asked = 0;
  }

  /** @param {any} request @returns {Promise<any>} */
  ask(request) {
    const id = ++this.asked;
    const message = { ...request, client: this.client, id };
    if (JSON.stringify(message).length > MOST_BYTES) {
      return Promise.reject(new Error("This is more than a page can send to its kernel (8 MB); write it with apply_frame()."));
    }
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject, since: performance.now() });
      this.send(message);
    });
  }

  /** Take in an answer; that of another page is none of ours. @param {any} message @param {() => any} read */
  take(message, read) {
    const asker = message.client === this.client ? this.waiting.get(message.id) : undefined;
    if (!asker) return;
    this.waiting.delete(message.id);
    if (message.type === "answer") asker.resolve(read());
    else asker.reject(new Refusal(read()));
  }

  /** Take in an error; false where it is not about a request that waits. @param {any} message */
  takeError({ about, text }) {
    const asker = this.waiting.get(about?.id);
    this.waiting.delete(about?.id);
    asker?.reject(new Error(text));
    return Boolean(asker);
  }

  /** Nothing that waits will be answered. @param {string} why */
  drop(why) {
    for (const { reject } of this.waiting.values()) reject(new Error(why));
    this.waiting.clear();
  }

  /** Whether somebody waits for so long that it must be said. */
  get isSlow() {
    return [...this.waiting.values()].some(({ since }) => performance.now() - since > SLOW_MS);
  }
}
