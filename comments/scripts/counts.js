// Counts for a site's lists: <script src="https://…/embed/counts.js" async></script> fills every element with data-balasan-count="slug or
// address" on the page, with one request for all of them. See docs/embed.md.
(() => {
  "use strict";
  const tag = document.currentScript;
  if (!tag) return;
  const MOST = 100;
  const fill = async () => {
    const places = [...document.querySelectorAll("[data-balasan-count]")];
    const name = (place) => place.dataset.balasanCount || place.href || "";
    // In one order, so that the same list is the same address for every cache.
    const names = [...new Set(places.map(name))].filter(Boolean).sort();
    for (let from = 0; from < names.length; from += MOST) {
      const url = new URL("counts/", tag.src);
      for (const each of names.slice(from, from + MOST)) url.searchParams.append("a", each);
      const answer = await fetch(url, { credentials: "omit" });
      if (!answer.ok) return;
      const { counts } = await answer.json();
      for (const place of places) {
        const found = Object.hasOwn(counts, name(place)) && counts[name(place)];
        if (found) place.textContent = place.dataset.balasanFormat === "number" ? String(found.count) : found.words;
      }
    }
  };
  const start = () => fill().catch(() => {});
  if (document.readyState === "loading") addEventListener("DOMContentLoaded", start); else start();
})();
