// Listens for news where a page asks for it, and lets htmx fetch what changed. Without this file all can still be read.
(function () {
  "use strict";
  var source = null, address = "", pending = false;

  function changed() {
    pending = false;
    if (document.hidden) { pending = true; return; }
    window.htmx.trigger(document.body, "steno:changed");
  }

  function listen() {
    var place = document.querySelector("[data-live]");
    var wanted = place && !document.hidden ? place.getAttribute("data-live") : "";
    if (wanted === address) { return; }
    if (source) { source.close(); source = null; }
    address = wanted;
    if (!wanted) { return; }
    source = new EventSource(wanted);
    var known = false;
    source.addEventListener("open", function () { if (known) { changed(); } known = true; });
    source.addEventListener("changed", changed);
  }

  document.addEventListener("visibilitychange", function () { listen(); if (!document.hidden) { changed(); } });
  document.addEventListener("htmx:afterSettle", listen);
  window.addEventListener("pagehide", function () { if (source) { source.close(); source = null; address = ""; } });
  window.addEventListener("pageshow", listen);
  document.addEventListener("htmx:beforeSwap", function (event) {
    // A pass that ran out: the whole page asks for the token.
    if (event.detail.xhr.status === 401) { window.location.reload(); }
  });
  document.addEventListener("DOMContentLoaded", listen);
  listen();
})();
