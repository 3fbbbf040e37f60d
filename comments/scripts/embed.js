// One tag for any site: <script src="https://…/embed.js" data-article="slug" async></script>. It puts an isolated frame with the thread into
// the page once the reader comes near, keeps it as high as its content, and hands on the page's colours. See docs/embed.md.
(() => {
  "use strict";
  const tag = document.currentScript;
  if (!tag) return;
  const words = "@words@";
  const wish = tag.dataset;
  const base = new URL("embed/thread/", tag.src);
  const language = (wish.lang || document.documentElement.lang || "").slice(0, 2).toLowerCase();
  const said = words[language] || Object.values(words)[0];
  const TOKENS = "text ui paper ink muted line edge accent on-accent waiting refused mark radius measure".split(" ");
  const LEAST = 120;
  const MOST = 200000;

  const address = () => {
    const canonical = document.querySelector('link[rel="canonical"]');
    return wish.url || (canonical && canonical.href) || location.href.split("#")[0];
  };
  const start = () => {
    const home = (wish.container && document.querySelector(wish.container)) || document.createElement("div");
    if (!home.isConnected) {
      if (document.body && document.body.contains(tag)) tag.after(home); else document.body.append(home);
    }
    const url = new URL(base);
    if (wish.article) url.searchParams.set("article", wish.article); else url.searchParams.set("url", address());
    if (wish.theme === "light" || wish.theme === "dark") url.searchParams.set("theme", wish.theme);
    if (wish.lang) url.searchParams.set("lang", language);
    const plain = url.href;
    const named = /^#komentar-([0-9a-z]{1,64})$/.exec(location.hash);
    if (named) url.searchParams.set("komentar", named[1]);

    const frame = document.createElement("iframe");
    frame.title = wish.title || said.title;
    // Set from here and not as an attribute: a page whose policy forbids inline style allows it.
    Object.assign(frame.style, { display: "block", width: "100%", height: `${LEAST}px`, border: "0", colorScheme: wish.theme || "normal" });
    let heard = false;
    const theme = () => {
      const style = getComputedStyle(home);
      const found = {};
      for (const name of TOKENS) {
        const value = style.getPropertyValue(`--balasan-${name}`).trim();
        if (value) found[name] = value;
      }
      return found;
    };
    // What the thread would stand on; the frame takes it where it is all but its own.
    const ground = () => {
      for (let each = home; each; each = each.parentElement) {
        const color = getComputedStyle(each).backgroundColor;
        if (/^rgb\(/.test(color)) return color;
      }
      return "rgb(255, 255, 255)";
    };
    const dressed = Object.keys(theme()).length > 0;
    const reveal = () => { frame.style.opacity = ""; };
    const hello = () => {
      frame.contentWindow.postMessage({ balasan: "hello", theme: theme(), ground: ground() }, base.origin);
      setTimeout(reveal, 300);
      if (!heard) setTimeout(refused, 4000);
    };
    // A browser does not tell that it refused a frame; the frame that never speaks does.
    const refused = () => {
      if (heard) return;
      console.warn(`Balasan: no answer from ${base.origin}. Is ${location.host} listed for the publication?`);
      const link = document.createElement("a");
      Object.assign(link, { href: plain, textContent: said.open });
      frame.replaceWith(link);
    };
    addEventListener("message", ({ source, origin, data }) => {
      if (source !== frame.contentWindow || origin !== base.origin || !data || !Number.isFinite(data.number)) return;
      if (data.balasan === "height") {
        frame.style.height = `${Math.min(MOST, Math.max(LEAST, data.number))}px`;
        heard = true;
        reveal();
      } else if (data.balasan === "show") {
        scrollTo({ top: frame.getBoundingClientRect().top + scrollY + data.number - 80 });
      }
    });
    frame.addEventListener("load", () => { if (frame.src) hello(); });

    const load = () => {
      if (frame.src) return;
      if (dressed) frame.style.opacity = "0";
      frame.src = named ? `${url.href}${location.hash}` : url.href;
    };
    home.append(frame);
    if (named || wish.lazy === "off" || !("IntersectionObserver" in window)) load();
    else {
      const watch = new IntersectionObserver((entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        watch.disconnect();
        load();
      }, { rootMargin: "600px 0px" });
      watch.observe(frame);
    }
  };
  if (document.body) start(); else addEventListener("DOMContentLoaded", start);
})();
