// Follows an open submission: asks once a second whether it has changed, and if so shows it anew.
"use strict";

const PAUSE = 1000;
let etag = null;

async function follow() {
  const shown = document.getElementById("submission");
  if (shown.dataset.open !== "true") return;
  try {
    const headers = { Accept: "application/json" };
    if (etag) headers["If-None-Match"] = etag;
    const answer = await fetch(shown.dataset.state, { headers, cache: "no-store" });
    if (answer.status === 200) {
      etag = answer.headers.get("ETag");
      await show(shown);
    } else if (answer.status !== 304) {
      location.reload(); // logged out meanwhile, or a fault: the page says which
      return;
    }
  } catch {
    // The network is away; the next round asks again.
  }
  setTimeout(follow, PAUSE);
}

async function show(old) {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("submission");
  if (fresh) old.replaceWith(fresh);
}

follow();
