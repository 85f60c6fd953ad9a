// The connection between the door and the server, and what the door does while nobody answers.
//
// Every call ends: by an answer or by Unreachable after its time. What was not delivered waits here, is sent again as
// soon as the line is back, and is given up after a minute, aloud.

const HEARTBEAT_MS = 30000;
const OFFLINE_HEARTBEAT_MS = 3000;
const GIVE_UP_MS = 60000;
const MOST_WAITING = 5;

export class Unreachable extends Error {}

export class Line extends EventTarget {
  constructor(addresses) {
    super();
    this.addresses = addresses;
    this.up = true;
    this.waiting = [];
    this.skew = 0; // milliseconds that this browser's clock is behind the server's
    this.#beat();
    window.addEventListener("online", () => this.#beat());
  }

  // Post and return the JSON answer; null where the server was too busy to look.
  async post(name, body, { patience = 10000, type = null } = {}) {
    const headers = { "X-CSRFToken": cookie("csrftoken"), Accept: "application/json" };
    if (type) headers["Content-Type"] = type;
    return this.#call(name, { method: "POST", body, headers }, patience);
  }

  // Keep a check-in until the line is back; false where too many wait already.
  keep(name, body) {
    if (this.waiting.length >= MOST_WAITING) return false;
    this.waiting.push({ name, body, since: performance.now() });
    this.#changed();
    return true;
  }

  async #call(name, request, patience) {
    const end = performance.now() + patience;
    let response;
    try {
      response = await fetch(this.addresses[name], {
        ...request, credentials: "same-origin", cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(patience),
      });
    } catch {
      this.#down();
      throw new Unreachable(name);
    }
    if (response.type === "opaqueredirect" || response.status === 403) return this.#shut(response);
    if (response.status === 204) return null;
    if (response.status === 503 && response.headers.has("Retry-After")) return this.#again(name, request, response, end);
    if (!response.headers.get("Content-Type")?.startsWith("application/json")) {
      if (response.status >= 502) { this.#down(); throw new Unreachable(name); }
      return { answer: "fault", code: "fault" };
    }
    this.#back();
    return response.json();
  }

  // Too many at once: nothing was read, so the same is sent again; not by all doors in the same moment.
  async #again(name, request, response, end) {
    const wait = 1000 * Number(response.headers.get("Retry-After")) * (1 + Math.random());
    const left = end - performance.now() - wait;
    if (!(left > 0)) throw new Unreachable(name);
    await new Promise((resolve) => { setTimeout(resolve, wait); });
    return this.#call(name, request, left);
  }

  // A door that was revoked says so; anything else that is forbidden (an old form token) is mended by a fresh page.
  async #shut(response) {
    const answer = response.type === "opaqueredirect" ? { code: "device_not_paired" } : await response.json().catch(() => ({}));
    if (answer.code === "device_not_paired") window.location.assign(this.addresses.pair);
    else window.location.reload();
    return new Promise(() => {});
  }

  async #beat() {
    clearTimeout(this.next);
    try {
      const answer = await this.#call("heartbeat", { method: "GET" }, 5000);
      if (answer?.now) this.skew = Date.parse(answer.now) - Date.now();
    } catch { /* the bar shows it */ }
    this.next = setTimeout(() => this.#beat(), this.up ? HEARTBEAT_MS : OFFLINE_HEARTBEAT_MS);
    this.#giveUp();
  }

  #down() {
    if (this.up) {
      this.up = false;
      clearTimeout(this.next);
      this.next = setTimeout(() => this.#beat(), OFFLINE_HEARTBEAT_MS);
    }
    this.#changed();
  }

  #back() {
    if (!this.up) {
      this.up = true;
      this.#changed();
    }
    if (this.waiting.length && !this.draining) this.#drain();
  }

  async #drain() {
    this.draining = true;
    try {
      while (this.waiting.length) {
        const item = this.waiting[0];
        const answer = await this.post(item.name, item.body);
        this.waiting.shift();
        this.#changed();
        if (answer) this.dispatchEvent(new CustomEvent("late", { detail: answer }));
      }
    } catch { /* it waits on */ } finally {
      this.draining = false;
    }
  }

  #giveUp() {
    const old = this.waiting.filter((item) => performance.now() - item.since > GIVE_UP_MS);
    if (!old.length || this.draining) return;
    this.waiting = this.waiting.filter((item) => !old.includes(item));
    this.#changed();
    this.dispatchEvent(new CustomEvent("lost", { detail: old.length }));
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("change", { detail: { up: this.up, waiting: this.waiting.length } }));
  }
}

function cookie(name) {
  return document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
}
