// Sends a large file in parts by the tus protocol, and goes on where an interruption left it.
"use strict";

const KEPT = 24 * 3600 * 1000; // what had no byte for a day is gone
const PAUSES = [500, 1000, 2000, 5000, 10_000, 30_000]; // before each new attempt

// Why a file did not arrive: by the name of a refusal of the form, or by the page that answered.
class Failure extends Error {
  constructor(reason, page = null) {
    super(reason);
    this.reason = reason;
    this.page = page;
  }
}

// The one upload under way from this form, remembered beyond the page.
class Memory {
  constructor(place) {
    this.key = `upload ${place}`;
  }

  get() {
    try {
      const found = JSON.parse(localStorage.getItem(this.key));
      return found && Date.now() - found.at < KEPT ? found : null;
    } catch {
      return null; // a browser may keep nothing, and others may have written there
    }
  }

  set(value) {
    try {
      if (value) localStorage.setItem(this.key, JSON.stringify({ ...value, at: Date.now() }));
      else localStorage.removeItem(this.key);
    } catch {
      // it is not remembered then
    }
  }
}

const inBase64 = (bytes) => btoa(String.fromCharCode(...bytes));
const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

class Parts {
  // A part has `most` bytes; `token` gives the form's token, `told` hears how many have arrived.
  // It is remembered by its `place`, of which a form has one for each file.
  constructor({ file, begin, place, most, login, kind, phase, token, told }) {
    Object.assign(this, { file, begin, most, login, kind, phase, token, told });
    this.memory = new Memory(place);
    this.address = null;
    this.cancelled = false;
    this.request = null;
  }

  // Gives the id of the upload when all of it has arrived; throws a Failure.
  async send() {
    let offset = (await this.known()) ?? (await this.begun());
    this.before = offset;
    for (let failures = 0; offset < this.file.size; ) {
      this.told(offset);
      try {
        offset = await this.add(offset);
        failures = 0;
        this.remember();
      } catch (failure) {
        if (failure.reason !== "network" || failures === PAUSES.length) throw failure;
        await pause(PAUSES[failures++]);
        if (this.cancelled) throw new Failure("cancelled");
        offset = (await this.offset().catch(() => offset)) ?? offset;
      }
    }
    this.told(offset);
    return this.address.split("/").pop();
  }

  abort() {
    this.cancelled = true;
    this.request.abort();
  }

  // Forgets an upload that is over.
  end() {
    this.memory.set(null);
  }

  // Gives an upload up that was refused. Weights are kept until others are chosen: what was refused
  // may be the file beside them, and they may have taken hours.
  async refused() {
    if (this.kind === "weights") return this.remember({ refused: true });
    this.end();
    await this.giveUp(this.address);
  }

  giveUp(address) {
    return this.ask("DELETE", address).catch(() => null);
  }

  get about() {
    const { name, size, lastModified } = this.file;
    return { name, size, lastModified, kind: this.kind, phase: this.phase };
  }

  remember(more = {}) {
    this.memory.set({ ...this.about, address: this.address, ...more });
  }

  // Gives how much of this file has arrived by an earlier page, null if there is nothing of it.
  async known() {
    const found = this.memory.get();
    const isSame = found && Object.entries(this.about).every(([name, value]) => found[name] === value);
    if (found && found.refused && !isSame) await this.giveUp(found.address);
    if (!isSame) return null;
    this.address = found.address;
    return this.offset();
  }

  async begun() {
    const told = { filename: this.file.name, kind: this.kind, phase: this.phase };
    const encoder = new TextEncoder();
    const pairs = Object.entries(told).map(([name, text]) => `${name} ${inBase64(encoder.encode(text))}`);
    const headers = { "Upload-Length": this.file.size, "Upload-Metadata": pairs.join(",") };
    const answer = await this.ask("POST", this.begin, { headers });
    if (answer.status !== 201) throw new Failure("failed", answer.response);
    this.address = new URL(answer.getResponseHeader("Location"), location).pathname;
    this.remember();
    return 0;
  }

  async offset() {
    const answer = await this.ask("HEAD", this.address);
    if (answer.status === 404) return null;
    const offset = answer.getResponseHeader("Upload-Offset");
    if (offset === null) throw new Failure("network");
    return Number(offset);
  }

  async add(offset) {
    const part = await this.read(offset);
    const headers = { "Content-Type": "application/offset+octet-stream", "Upload-Offset": offset };
    if (crypto.subtle) {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", part));
      headers["Upload-Checksum"] = `sha256 ${inBase64(digest)}`;
    }
    const told = (sent) => this.told(offset + sent);
    const answer = await this.ask("PATCH", this.address, { headers, body: part, told });
    const temporary = answer.status >= 500 || answer.status === 409 || answer.status === 460;
    if (answer.status !== 204) throw new Failure(temporary ? "network" : "failed", answer.response);
    return Number(answer.getResponseHeader("Upload-Offset"));
  }

  async read(offset) {
    try {
      return await this.file.slice(offset, offset + this.most).arrayBuffer();
    } catch {
      throw new Failure("changed"); // browsers send only what was chosen
    }
  }

  ask(method, address, { headers = {}, body = null, told = () => null } = {}) {
    if (this.cancelled) throw new Failure("cancelled");
    return new Promise((resolve, reject) => {
      const request = (this.request = new XMLHttpRequest());
      let stall = null;
      const watch = (patience) => {
        clearTimeout(stall);
        stall = setTimeout(() => request.abort(), patience);
      };
      const failed = () => reject(new Failure(this.cancelled ? "cancelled" : "network"));
      request.open(method, address);
      request.responseType = "document";
      const sent = { Accept: "text/html", "Tus-Resumable": "1.0.0", "X-CSRFToken": this.token() };
      for (const [name, value] of Object.entries({ ...sent, ...headers })) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => {
        watch(STALLED);
        told(event.loaded);
      };
      request.upload.onload = () => watch(CHECKED);
      request.onload = () => {
        const isLogin = new URL(request.responseURL).pathname === this.login;
        return isLogin ? reject(new Failure("login")) : resolve(request);
      };
      request.onerror = failed;
      request.onabort = failed;
      request.onloadend = () => clearTimeout(stall);
      watch(body ? STALLED : CHECKED);
      request.send(body);
    });
  }
}
