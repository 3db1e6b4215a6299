// Follows what is under way: asks whether it has changed, and if so shows that part anew.
"use strict";

const FIRST = 1000;
const LONGEST = 5000;
const GROWTH = 1.2;

const news = document.getElementById("news");
const connection = document.getElementById("connection");
const region = () => document.getElementById("live");
let pause = FIRST;
let timer = null;
let asking = false;

function later() {
  clearTimeout(timer);
  if (region().dataset.settled === "false") timer = setTimeout(ask, pause);
}

async function ask() {
  if (asking || document.hidden) return; // a tab that is seen again asks at once
  asking = true;
  const { state, etag } = region().dataset;
  try {
    const headers = { Accept: "application/json", "If-None-Match": `"${etag}"` };
    const answer = await fetch(state, { headers, cache: "no-store" });
    if (answer.status === 200) {
      await renew();
      pause = FIRST;
    } else if (answer.status === 304) {
      pause = Math.min(pause * GROWTH, LONGEST);
    } else if (answer.status < 500 && answer.status !== 429) {
      return location.reload(); // logged out meanwhile, or gone: the page says which
    } else {
      throw new Error(answer.statusText);
    }
    tell(false);
  } catch {
    pause = Math.min(pause * GROWTH, LONGEST);
    tell(true);
  } finally {
    asking = false;
  }
  later();
}

// Takes the region out of a fresh copy of the page; focus and opened details stay as they were.
async function renew() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (answer.status >= 500) throw new Error(answer.statusText);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const old = region();
  const fresh = page.getElementById("live");
  if (!fresh) return location.reload();
  for (const opened of old.querySelectorAll("details[open][id]")) {
    const same = page.getElementById(opened.id);
    if (same) same.open = true;
  }
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  document.title = page.title;
  if (focused) {
    const same = focused.id && document.getElementById(focused.id);
    (same || fresh.querySelector("h2")).focus({ preventScroll: true });
  }
  if (fresh.dataset.news !== old.dataset.news) news.textContent = fresh.dataset.news;
}

function tell(lost) {
  const was = connection.dataset.lost === "true";
  if (lost === was) return;
  connection.dataset.lost = lost;
  connection.textContent = lost ? connection.dataset.gone : connection.dataset.back;
  connection.className = lost ? "notice warn" : "notice good";
}

document.addEventListener("visibilitychange", () => {
  if (!document.hidden && region().dataset.settled === "false") ask();
});
addEventListener("online", ask);
later();
