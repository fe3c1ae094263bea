// Keeps what the person said until the server has it, and sends it one after the other.
// The same client_msg_id goes with every try, so that a repeated one has no second effect.

const KEY = "pasito.outbox"; // with the address's query behind it: what waits for one programme is not for another
const TIMEOUT = 30_000; // milliseconds; a slow village line needs more than the server does
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;
const TRY_AGAIN = [408, 425, 429];

function newId() {
  // Not randomUUID: that one is missing where the page is not served over https.
  return [...crypto.getRandomValues(new Uint8Array(16))].map((n) => n.toString(16).padStart(2, "0")).join("");
}

export class Outbox {
  // `on` holds: sending(item), answered(item, body, status), known(item), refused(item, status), offline().
  constructor(url, on) {
    this.url = url;
    this.key = KEY + new URL(url, location).search;
    this.on = on;
    this.items = this.read();
    this.busy = false;
    this.pause = FIRST_PAUSE;
    this.timer = 0;
  }

  // body: {text}, {choice} or {choices}; shown: the person's words for it.
  add(body, shown) {
    const item = { id: newId(), body, shown };
    this.items.push(item);
    this.write();
    this.run();
    return item;
  }

  // Sends what waits, now. Safe to call at any time.
  async run() {
    if (this.busy || !this.items.length) return;
    this.busy = true;
    clearTimeout(this.timer);
    while (this.items.length) {
      const again = await this.send(this.items[0]);
      if (again) {
        this.timer = setTimeout(() => this.run(), again);
        break;
      }
      this.pause = FIRST_PAUSE;
    }
    this.busy = false;
  }

  // Milliseconds to wait before the next try, or 0 when the item is settled.
  async send(item) {
    const stop = new AbortController();
    const timeout = setTimeout(() => stop.abort(), TIMEOUT);
    this.on.sending(item);
    try {
      const response = await fetch(this.url, {
        method: "POST",
        credentials: "same-origin",
        headers: { "Content-Type": "application/json", Accept: "application/json" },
        body: JSON.stringify({ client_msg_id: item.id, ...item.body }),
        signal: stop.signal,
      });
      if (response.ok) {
        const body = await response.json(); // cut off on the way: the same id is sent again
        this.settle(item);
        this.on.answered(item, body, response.status);
      } else if (response.status >= 500 || TRY_AGAIN.includes(response.status)) {
        this.on.offline();
        return this.nextPause(Number(response.headers.get("Retry-After")) * 1000);
      } else {
        this.settle(item);
        if (response.status === 409) this.on.known(item);
        else this.on.refused(item, response.status);
      }
      return 0;
    } catch {
      this.on.offline();
      return this.nextPause();
    } finally {
      clearTimeout(timeout);
    }
  }

  nextPause(asked = 0) {
    const pause = Math.max(this.pause, asked || 0);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE);
    return pause * (1 + Math.random() / 4); // not everybody at once when the line comes back
  }

  settle(item) {
    this.items = this.items.filter((other) => other.id !== item.id);
    this.write();
  }

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.key)) || [];
    } catch {
      return [];
    }
  }

  write() {
    try {
      if (this.items.length) localStorage.setItem(this.key, JSON.stringify(this.items));
      else localStorage.removeItem(this.key);
    } catch {
      // Storage is off or full: the answer is then safe only as long as the page stays open.
    }
  }
}
