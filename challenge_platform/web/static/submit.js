// Sends the form of a submission with its progress shown, and shows in place what became of it.
"use strict";

const STALLED = 30_000;
const CHECKED = 120_000; // an answer that takes longer will not come
const LONG = 3; // seconds, after which speed and remaining time are told

const form = document.getElementById("upload");
const kinds = form.querySelector("select[name=kind]");
const words = form.dataset;
const file = document.getElementById("file");
const beside = document.getElementById("beside"); // weights, where the challenge takes them
const weights = document.getElementById("weights");
const sent = document.getElementById("sent-weights"); // those of before, among which one may choose
const inputs = [...form.querySelectorAll("input[type=file]")];
const zones = [...form.querySelectorAll(".drop")];
const outcome = document.getElementById("outcome");
const stage = document.getElementById("stage");
const panel = document.getElementById("sending");
const bar = panel.querySelector("progress");
const amount = panel.querySelector("p");
const cancel = panel.querySelector("button");
const buttons = form.querySelectorAll("button[name=action]");
const target = new URL(form.getAttribute("action"), location);

let request = null; // the upload under way
let parts = []; // those of the large files that were sent last
let stale = false; // whether the form's token may be too old to be sent again
let stall = null;

const language = document.documentElement.lang;
const percent = new Intl.NumberFormat(language, { style: "percent" });
const unit = (name, display = "short") => {
  const options = { style: "unit", unit: name, unitDisplay: display, maximumFractionDigits: 1 };
  const format = new Intl.NumberFormat(language, options);
  return (number) => format.format(number);
};
const SCALE = [[1e9, "gigabyte"], [1e6, "megabyte"], [1e3, "kilobyte"], [1, "byte"]];
const scaleOf = (bytes) => SCALE.find(([size]) => bytes >= size) || SCALE.at(-1);
const sized = (bytes, per = "") => {
  const [size, name] = scaleOf(bytes);
  return unit(name + per, size > 1 ? "short" : "long")(bytes / size);
};
const seconds = unit("second", "long");

// Choosing a file, by the input or by dropping it.

const sizeOf = (input) => (input.files.length ? input.files[0].size : 0);
const tooLarge = (input) => sizeOf(input) > Number(input.dataset.parts || input.dataset.most);
const goesInParts = (input) => sizeOf(input) > Number(input.dataset.most) && !tooLarge(input);
const chosenOf = (input) => input.closest(".drop").querySelector(".chosen");
const inputOf = (zone) => zone.querySelector("input[type=file]");
const placeOf = (input) => words.uploads + (input === weights ? " weights" : "");

function describe(input) {
  const [picked] = input.files;
  const chosen = chosenOf(input);
  chosen.textContent = picked ? `${picked.name} · ${sized(picked.size)}` : left(input);
  input.setAttribute("aria-invalid", tooLarge(input));
  chosen.className = "help chosen";
  if (!picked) return;
  if (input === weights && sent) sent.value = "";
  const { suffix, large, other } = input.dataset;
  const usual = suffix.split(" ").some((end) => picked.name.toLowerCase().endsWith(end.toLowerCase()));
  const inParts = goesInParts(input) ? words.inparts : "";
  const warning = tooLarge(input) ? large : usual ? inParts : other;
  if (!warning) return;
  chosen.textContent += ` – ${warning}`;
  chosen.className = tooLarge(input) ? "wrong chosen" : usual ? "help chosen" : "help warn chosen";
}

// Names the file of which a part arrived by an earlier page.
function left(input) {
  const found = words.uploads && new Memory(placeOf(input)).get();
  return found && !found.refused ? words.resume.replace("{name}", found.name) : "";
}

const hasFiles = (event) => event.dataTransfer && event.dataTransfer.types.includes("Files");
const onOther = (event) => event.target.type === "file" && !event.target.closest(".drop");

for (const kind of ["dragenter", "dragover", "dragleave", "drop"]) {
  addEventListener(kind, (event) => {
    if (!hasFiles(event) || onOther(event)) return;
    event.preventDefault(); // else a file dropped beside the zone would replace the page
    const inside = zones.find((zone) => zone.contains(event.target));
    for (const zone of zones) {
      zone.classList.toggle("over", zone === inside && kind !== "drop" && kind !== "dragleave");
    }
    event.dataTransfer.dropEffect = inside ? "copy" : "none";
    if (kind !== "drop" || !inside || request) return;
    const dropped = event.dataTransfer.files;
    if (dropped.length === 1) {
      inputOf(inside).files = dropped;
      describe(inputOf(inside));
    } else {
      chosenOf(inputOf(inside)).textContent = words.one;
      chosenOf(inputOf(inside)).className = "wrong chosen";
    }
  });
}
for (const zone of zones) zone.addEventListener("change", () => describe(inputOf(zone)));
if (sent) {
  sent.addEventListener("change", () => {
    if (sent.value) weights.value = "";
    describe(weights);
  });
}

// What is told of a file depends on what it is sent as.
function choose() {
  const { most, parts: inParts = "", suffix, large, other } = kinds.selectedOptions[0].dataset;
  Object.assign(file.dataset, { most, parts: inParts, suffix, large, other });
  if (beside) beside.hidden = beside.disabled = kinds.value === "predictions";
}
if (kinds) {
  kinds.addEventListener("change", () => {
    choose();
    describe(file);
  });
  choose();
}
for (const zone of zones) describe(inputOf(zone)); // a browser may have kept the choice over a reload

// Sending it.

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (request) return;
  const action = event.submitter ? event.submitter.value : "submit";
  const used = inputs.filter((input) => input.files.length && !input.matches(":disabled"));
  if (used.some(tooLarge)) return refuse("large", action);
  request = new XMLHttpRequest();
  busy(true);
  if (!(await Promise.all(used.map(isReadable))).every(Boolean)) return refuse("changed", action);
  if (stale && !(await renew())) return refuse("login", action);
  const large = used.filter(goesInParts);
  parts = [];
  try {
    const uploads = [];
    for (const input of large) uploads.push([input.name, await arrived(input)]);
    if (large.length) request = new XMLHttpRequest();
    send(action, uploads);
  } catch (failure) {
    if (!(failure instanceof Failure)) throw failure;
    if (failure.page) return answerWith(failure.page, action);
    refuse(failure.reason, action);
  }
});

// Has a large file arrive, and gives the name of its upload.
function arrived(input) {
  const started = performance.now();
  const fields = form.elements;
  const [picked] = input.files;
  const one = new Parts({
    file: picked,
    begin: words.uploads,
    place: placeOf(input),
    most: Number(words.part),
    login: words.login,
    kind: input === weights ? "weights" : fields.kind.value,
    phase: fields.phase ? fields.phase.value : "",
    token: () => fields.csrf_token.value,
    told: (bytes) => progress(bytes, picked.size, (performance.now() - started) / 1000, one.before),
  });
  request = one;
  parts.push(one);
  tell(picked.name, picked.size);
  return one.send();
}

function tell(name, size) {
  stage.textContent = words.sending.replace("{name}", name);
  progress(0, size, 0);
  cancel.focus();
}

// A file that was saved again since it was chosen cannot be read: browsers send only what was chosen.
async function isReadable(input) {
  try {
    await input.files[0].slice(0, 1).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}

// Takes a token that is valid now, or says that there is none without logging in.
async function renew() {
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const token = page.querySelector("#upload [name=csrf_token]");
    if (token) form.elements.csrf_token.value = token.value;
    return token || answer.status >= 500;
  } catch {
    return true; // the network is away, which sending will find too
  }
}

// Sends the form, in which names of uploads stand for the large files: [field, name].
function send(action, uploads) {
  const started = performance.now();
  const data = new FormData(form);
  data.set("action", action);
  for (const [field, upload] of uploads) {
    data.delete(field);
    data.set(field === "file" ? "upload" : field, upload);
  }
  request.open("POST", target);
  request.setRequestHeader("Accept", "text/html");
  request.responseType = "document";
  request.upload.onprogress = (event) => {
    watch();
    if (event.lengthComputable) progress(event.loaded, event.total, (performance.now() - started) / 1000);
  };
  request.upload.onload = () => {
    watch(CHECKED);
    cancel.hidden = true;
    bar.removeAttribute("value");
    amount.textContent = "";
    stage.textContent = words.checking;
  };
  request.onload = () => answered(action);
  request.onerror = () => refuse("network", action);
  request.onabort = () => refuse(stall ? "cancelled" : "network", action);
  if (!uploads.length) tell(file.files[0].name, 1);
  watch();
  request.send(data);
}

function watch(patience = STALLED) {
  clearTimeout(stall);
  stall = setTimeout(() => {
    stall = null;
    request.abort();
  }, patience);
}

function progress(sent, all, elapsed, before = 0) {
  const part = sent / all;
  bar.value = part;
  amount.textContent = percent.format(part);
  if (all > 1) amount.textContent += ` · ${sized(sent)} / ${sized(all)}`;
  const speed = (sent - before) / elapsed;
  if (elapsed < LONG || part === 1 || !speed) return;
  const left = Math.max(1, Math.round((all - sent) / speed));
  amount.textContent += ` · ${sized(speed, "-per-second")} · ${words.left.replace("{time}", seconds(left))}`;
}

cancel.addEventListener("click", () => request.abort());
addEventListener("beforeunload", (event) => {
  if (request) event.preventDefault();
});

// What became of it.

function answered(action) {
  const { response: page, responseURL, status } = request;
  const path = responseURL && new URL(responseURL).pathname;
  if (path && path !== target.pathname) {
    if (path === words.login) return refuse("login", action);
    for (const one of parts) one.end();
    request = null;
    return location.assign(responseURL);
  }
  if (status === 422) for (const one of parts) one.refused();
  const told = page && page.getElementById("outcome");
  stale = status !== 200 && status !== 422;
  if (told && told.childElementCount) return show([...told.childNodes]);
  answerWith(page, action);
}

// Tells what a page says that is not that of the form.
function answerWith(page, action) {
  const notice = made("failed", action);
  const said = page ? [...page.querySelectorAll("main h1, main h1 ~ p.lead")] : [];
  if (said.length) notice.querySelector("h2").textContent = said[0].textContent;
  const why = page && page.querySelector("main h1 ~ p.notice");
  if (why || said.length > 1) notice.querySelector("p").textContent = (why || said[1]).textContent;
  show([notice]);
}

function refuse(name, action) {
  stale = name !== "large" && name !== "changed";
  show([made(name, action)]);
}

function made(name, action) {
  const notice = document.getElementById(`refusal-${name}`).content.cloneNode(true).firstElementChild;
  for (const button of notice.querySelectorAll("[name=action]")) button.value = action;
  return notice;
}

function show(nodes) {
  clearTimeout(stall);
  stall = null;
  request = null;
  busy(false);
  outcome.replaceChildren(...nodes);
  outcome.focus({ preventScroll: true });
  outcome.scrollIntoView({ block: "nearest" });
}

function busy(is) {
  panel.hidden = !is;
  cancel.hidden = !is;
  if (!is) stage.textContent = "";
  for (const button of buttons) button.disabled = is;
  if (is) outcome.replaceChildren();
}
