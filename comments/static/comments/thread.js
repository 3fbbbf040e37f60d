// Improves a page that works without it: the form comes to the comment that is answered, the text is kept as a draft while it is
// written, times stay true. Nothing here talks to the server, and only the comment's text is stored, never a name or an address.
(() => {
  "use strict";
  const root = document.getElementById("balasan");
  const section = document.getElementById("tinggalkan-balasan");
  const words = root ? root.dataset : {};
  const language = document.documentElement.lang || "id";

  // --- Times -------------------------------------------------------------------------------------------------------------
  const teller = new Intl.RelativeTimeFormat(language, { numeric: "always" });
  const known = Intl.RelativeTimeFormat.supportedLocalesOf(language).length > 0;
  const tell = () => {
    for (const time of document.querySelectorAll("time")) {
      const ago = time.querySelector(".ago");
      if (!ago) continue;
      const minutes = Math.floor((Date.now() - Date.parse(time.dateTime)) / 60000);
      // The first minute keeps the server's words; after a week a loaded page would be stale in any case.
      if (!(minutes >= 1 && minutes < 10080)) continue;
      const [count, unit] = minutes < 60 ? [minutes, "minute"] : minutes < 1440 ? [Math.floor(minutes / 60), "hour"] : [Math.floor(minutes / 1440), "day"];
      const text = teller.format(-count, unit).replace(" yang lalu", " lalu");
      if (ago.textContent !== text) ago.textContent = text;
    }
  };
  if (known) setInterval(tell, 30000);

  // --- The comment menu --------------------------------------------------------------------------------------------------
  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll(".menu[open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", (event) => {
    const menu = event.target.closest(".menu");
    closeMenus(menu);
    const copy = event.target.closest("[data-copy]");
    if (!copy || !navigator.clipboard) return;
    event.preventDefault();
    navigator.clipboard.writeText(copy.href).then(
      () => {
        copy.textContent = words.copied;
        setTimeout(() => { menu.open = false; }, 900);
      },
      () => { location.href = copy.href; },
    );
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector(".menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });

  if (!section) return;
  const form = section.querySelector("form");
  const text = form.elements.comment;
  const parent = form.elements.comment_parent;
  const said = section.querySelector(".reply-said");
  const answering = section.querySelector(".reply-to");
  const home = document.createComment("form");
  section.before(home);

  const problems = section.querySelector(".problems");
  // The browser does it by itself (autofocus); this is for the older ones.
  if (problems) setTimeout(() => problems.focus(), 150);

  // --- Characters left ---------------------------------------------------------------------------------------------------
  const note = document.getElementById("comment-count");
  const limit = Number(text.dataset.limit);
  const standing = note.textContent;
  const count = () => {
    // Code points, as the server counts them: an emoji is one.
    const left = limit - [...text.value].length;
    const near = left < limit / 5;
    note.textContent = near ? `${Math.abs(left)} ${left < 0 ? words.over : words.left}` : standing;
    note.classList.toggle("field-over", left < 0);
    // Announced only where it matters, not with every letter.
    if (left < 100) note.setAttribute("aria-live", "polite"); else note.removeAttribute("aria-live");
  };

  // --- The draft ---------------------------------------------------------------------------------------------------------
  const key = `balasan:${root.dataset.article}`;
  const store = {
    read() { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } },
    write(draft) { try { localStorage.setItem(key, JSON.stringify(draft)); } catch { /* full or forbidden: then there is no draft */ } },
    drop() { try { localStorage.removeItem(key); } catch { /* as above */ } },
  };
  const keep = () => {
    if (text.value.trim()) store.write({ text: text.value, parent: parent.value, at: Date.now() });
    else store.drop();
  };
  let timer = 0;
  text.addEventListener("input", () => {
    count();
    clearTimeout(timer);
    timer = setTimeout(keep, 400);
  });
  addEventListener("pagehide", () => { if (timer) keep(); });

  // --- Answering ---------------------------------------------------------------------------------------------------------
  const answer = (link) => {
    section.querySelector(".reply-to-name").textContent = link.dataset.name;
    answering.hidden = false;
    parent.value = link.dataset.reply;
    link.closest(".comment").after(section);
    section.classList.add("reply-inside");
  };
  const cancel = () => {
    const link = root.querySelector(`[data-reply="${CSS.escape(parent.value)}"]`);
    answering.hidden = true;
    parent.value = "";
    home.after(section);
    section.classList.remove("reply-inside");
    keep();
    return link;
  };
  root.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("[data-reply]");
    if (link) {
      event.preventDefault();
      answer(link);
      text.focus();
    } else if (event.target.closest(".reply-cancel")) {
      event.preventDefault();
      const back = cancel();
      if (back) back.focus(); else text.focus();
    }
  });

  // A reply that arrived stands on the page as the author's own: its draft has done its work.
  const landed = location.hash.startsWith("#komentar-") && document.getElementById(location.hash.slice(1));
  const draft = store.read();
  if (landed && "mine" in landed.dataset) {
    store.drop();
  } else if (draft && draft.text && !text.value && !problems) {
    text.value = draft.text;
    const link = draft.parent && !parent.value && root.querySelector(`[data-reply="${CSS.escape(draft.parent)}"]`);
    if (link) answer(link);
    said.textContent = words.restored;
  }
  count();
})();
