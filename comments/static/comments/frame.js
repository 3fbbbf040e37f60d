// The frame's half of the talk with the page around it: its height goes out, the colours come in. It answers nobody but its parent, and
// only if that is our own site or a listed one; the page's policy says the same to the browser.
(() => {
  "use strict";
  const root = document.documentElement;
  const { hosts, article, waiting } = document.body.dataset;

  // --- The author's waiting reply, where the browser keeps no cookie for a frame -------------------------------------------------
  // Kept for this visit alone: a signed name that shows one reply and can do nothing else.
  const key = `balasan-menunggu:${article}`;
  const kept = {
    read() { try { return sessionStorage.getItem(key); } catch { return null; } },
    write(value) { try { sessionStorage.setItem(key, value); } catch { /* forbidden: then the address alone knows it */ } },
    drop() { try { sessionStorage.removeItem(key); } catch { /* as above */ } },
  };
  const address = new URL(location.href);
  if ("settled" in document.body.dataset) kept.drop();
  else if (waiting) kept.write(waiting);
  else if (address.searchParams.has("tunggu")) kept.drop();
  else if (kept.read() && !document.querySelector("[data-mine]")) {
    address.searchParams.set("tunggu", kept.read());
    location.replace(address);
    return;
  }

  if (parent === window) return;

  // --- Who may talk --------------------------------------------------------------------------------------------------------------
  const rules = hosts ? hosts.split(" ") : [];
  const isListed = (origin) => {
    if (origin === location.origin) return true;
    let site;
    try { site = new URL(origin); } catch { return false; }
    if (site.protocol !== "https:" && (site.protocol !== "http:" || location.protocol === "https:")) return false;
    return rules.some((rule) => {
      const [, name, port] = /^(.*?)(?::(\d+))?$/.exec(rule);
      if ((port || "") !== site.port) return false;
      return name.startsWith("*.") ? site.hostname.endsWith(name.slice(1)) : site.hostname === name;
    });
  };

  // --- Colours and type of the host page -------------------------------------------------------------------------------------------
  const KINDS = {
    color: (value) => /^[#\w\s.,%()/-]{3,80}$/.test(value) && !/url|var|env|image/i.test(value) && CSS.supports("color", value),
    size: (value) => /^\d{1,3}(\.\d{1,3})?(px|rem|em)$/.test(value),
    font: (value) => /^[\w\s"',-]{1,200}$/.test(value) && CSS.supports("font-family", value),
  };
  const TOKENS = {
    text: "font", ui: "font", paper: "color", ink: "color", muted: "color", line: "color", edge: "color", accent: "color",
    "on-accent": "color", waiting: "color", refused: "color", mark: "color", radius: "size", measure: "size",
  };
  const dress = (theme) => {
    if (!theme || typeof theme !== "object") return;
    for (const [name, kind] of Object.entries(TOKENS)) {
      const value = Object.hasOwn(theme, name) && typeof theme[name] === "string" ? theme[name].trim() : "";
      if (value && KINDS[kind](value)) root.style.setProperty(`--balasan-${name}`, value);
    }
  };

  // White paper on white, rather than a sheet of another white: taken where no letter gets harder to read by it.
  const lie = (ground) => {
    const read = (color) => (/^rgb\((\d+), (\d+), (\d+)\)$/.exec(color) || []).slice(1).map(Number);
    const given = read(ground);
    const own = read(getComputedStyle(document.body).backgroundColor);
    if (given.length === 3 && own.length === 3 && given.every((part, at) => Math.abs(part - own[at]) < 16)) {
      document.body.style.backgroundColor = `rgb(${given.join(", ")})`;
    }
  };

  // --- Height, and where to look ---------------------------------------------------------------------------------------------------
  let home = "";
  let told = 0;
  const say = (word, number) => { if (home) parent.postMessage({ balasan: word, number }, home); };
  const measure = () => {
    const ends = [document.body, ...document.querySelectorAll(".pop[open] ul")].map((each) => each.getBoundingClientRect().bottom);
    const height = Math.ceil(Math.max(...ends) + scrollY);
    if (height !== told) say("height", (told = height));
  };
  const show = () => {
    let target = document.querySelector(".problems");
    try { target ||= location.hash && document.querySelector(location.hash); } catch { /* a fragment that is no name */ }
    if (target) say("show", Math.max(0, Math.floor(target.getBoundingClientRect().top + scrollY)));
  };
  addEventListener("message", ({ source, origin, data }) => {
    if (source !== parent || !isListed(origin) || !data || data.balasan !== "hello") return;
    const first = !home;
    home = origin;
    dress(data.theme);
    if (!data.theme || !data.theme.paper) lie(data.ground);
    if (!first) return;
    root.classList.add("is-sized");
    new ResizeObserver(measure).observe(document.body);
    document.addEventListener("toggle", measure, true);
    addEventListener("hashchange", show);
    measure();
    show();
  });
})();
