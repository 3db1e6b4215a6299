/* Offers the browser's time zone: as a link in the footer, as a button beside the field of the preferences. */
"use strict";

(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

  function offer(element) {
    element.querySelector("[data-zone]").textContent = zone.replaceAll("_", " ");
    element.closest("[hidden]").hidden = false;
  }

  for (const link of document.querySelectorAll("a[data-zone-current]")) {
    if (zone && zone !== link.dataset.zoneCurrent) {
      const address = new URL(link.href);
      address.searchParams.set("timezone", zone);
      link.href = address;
      offer(link);
    }
  }

  for (const button of document.querySelectorAll("button[data-zone-into]")) {
    const field = document.getElementById(button.dataset.zoneInto);
    if (zone && zone !== field.value) {
      button.addEventListener("click", () => { field.value = zone; field.focus(); });
      offer(button);
    }
  }
})();
