// Improves a page that works without it. The form comes to the comment that is answered and sends without leaving the page; what is
// new is marked; opinions are kept in place. Of what a reader typed only the comment's text is stored here, never a name or an address.
(() => {
  "use strict";
  const root = document.getElementById("balasan");
  const section = document.getElementById("tinggalkan-balasan");
  if (!root) return;
  const words = root.dataset;
  const language = document.documentElement.lang || "id";
  const thread = root.querySelector(".thread");

  // What this browser remembers. Full or forbidden storage is no memory, and nothing else.
  const memory = (key) => ({
    read() { try { return JSON.parse(localStorage.getItem(`balasan:${key}`)); } catch { return null; } },
    write(value) { try { localStorage.setItem(`balasan:${key}`, JSON.stringify(value)); } catch { /* see above */ } },
    drop() { try { localStorage.removeItem(`balasan:${key}`); } catch { /* see above */ } },
  });
  const idOf = (comment) => comment.id.replace("komentar-", "");
  const parse = (html) => new DOMParser().parseFromString(html, "text/html");
  const see = (element) => {
    element.tabIndex = -1;
    element.focus({ preventScroll: true });
    element.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  };

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

  // --- Menus, and texts that are folded ----------------------------------------------------------------------------------
  const closePops = (except) => {
    for (const pop of document.querySelectorAll(".pop[open]")) if (pop !== except) pop.open = false;
  };
  document.addEventListener("click", (event) => {
    const pop = event.target.closest(".pop");
    closePops(pop);
    const copy = event.target.closest("[data-copy]");
    if (!copy || !navigator.clipboard) return;
    event.preventDefault();
    navigator.clipboard.writeText(copy.href).then(
      () => {
        copy.textContent = words.copied;
        setTimeout(() => { pop.open = false; }, 900);
      },
      () => { location.href = copy.href; },
    );
  });
  document.addEventListener("keydown", (event) => {
    const pop = event.key === "Escape" && document.querySelector(".pop[open]");
    if (!pop) return;
    pop.open = false;
    pop.querySelector("summary").focus();
  });
  root.addEventListener("toggle", (event) => {
    if (!event.target.matches(".comment-long")) return;
    const summary = event.target.firstElementChild;
    summary.dataset.more ??= summary.textContent;
    summary.textContent = event.target.open ? words.less : summary.dataset.more;
  }, true);

  // --- Opinions ----------------------------------------------------------------------------------------------------------
  const opinions = memory("suara");
  const mark = (comment, kind) => {
    for (const button of comment.querySelectorAll(".vote")) {
      const own = button.matches(".vote-no") ? "disagree" : "agree";
      button.setAttribute("aria-pressed", String(kind === own));
    }
  };
  const opinionOf = (comment) => {
    const pressed = comment.querySelector(".vote[aria-pressed=true]");
    return pressed ? (pressed.matches(".vote-no") ? "disagree" : "agree") : "";
  };
  const showOpinions = (within) => {
    const kept = opinions.read() || {};
    // A reader whom the server knows is told by the server.
    for (const comment of within.querySelectorAll(".comment")) mark(comment, "known" in words ? opinionOf(comment) : kept[idOf(comment)] || "");
  };
  const react = async (button) => {
    const comment = button.closest(".comment");
    const before = opinionOf(comment);
    const pressed = button.matches(".vote-no") ? "disagree" : "agree";
    const kind = pressed === before ? "" : pressed;
    mark(comment, kind);
    const answer = await fetch(words.api.replace("/x/", `/${idOf(comment)}/`), {
      method: kind ? "PUT" : "DELETE",
      headers: { "Content-Type": "application/json" },
      body: kind ? JSON.stringify({ kind }) : null,
    }).catch(() => null);
    if (!answer || !answer.ok) {
      mark(comment, before);
      say(words.failed);
      return;
    }
    const count = comment.querySelector(".vote b");
    const shown = answer.status === 204 ? Number(count.textContent) - (before === "agree") : (await answer.json()).reactions;
    count.textContent = shown > 0 ? shown : "";
    const kept = opinions.read() || {};
    delete kept[idOf(comment)];
    if (kind) kept[idOf(comment)] = kind;
    opinions.write(Object.fromEntries(Object.entries(kept).slice(-500)));
  };
  root.addEventListener("click", (event) => {
    const button = event.target.closest(".vote");
    if (!button) return;
    event.preventDefault();
    react(button);
  });
  showOpinions(root);

  // --- What is new since the last visit ----------------------------------------------------------------------------------
  // A visit ends after half an hour without a page of this thread. Where one stood is known to this browser alone.
  const visits = memory(`dibaca:${words.article}`);
  const bar = root.querySelector(".thread-new");
  const fresh = [];
  const countFresh = () => {
    bar.hidden = fresh.length === 0;
    bar.querySelector("output").textContent = fresh.length;
  };
  const markFresh = () => {
    const shown = [...thread.querySelectorAll(".comment[data-at]")];
    const last = visits.read() || {};
    const since = Date.now() - (last.now || 0) > 1800000 ? last.seen : last.since;
    const seen = Math.max(last.seen || 0, ...shown.map((comment) => Number(comment.dataset.at)));
    visits.write({ since: since || 0, seen, now: Date.now() });
    if (!since) return;
    for (const comment of shown) {
      if (Number(comment.dataset.at) <= since || comment.querySelector("[data-own]")) continue;
      comment.classList.add("comment-new");
      const badge = document.createElement("span");
      badge.className = "comment-badge";
      badge.textContent = words.new;
      comment.querySelector(".comment-author").after(badge);
      fresh.push(comment);
    }
    countFresh();
  };
  const nextFresh = () => {
    const here = document.activeElement;
    const after = fresh.findIndex((comment) => here.compareDocumentPosition(comment) & Node.DOCUMENT_POSITION_FOLLOWING && !here.contains(comment));
    // Below the last one, or outside the thread, it goes round to the first.
    const [next] = fresh.splice(thread.contains(here) && !bar.contains(here) ? Math.max(after, 0) : 0, 1);
    if (!next) return;
    countFresh();
    see(next);
  };
  bar.querySelector("button").addEventListener("click", nextFresh);
  // A single letter, so only while the focus is inside the thread and not where one types: elsewhere the key is the browser's or the
  // screen reader's own.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "n" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!thread.contains(event.target) || event.target.closest("input, textarea, select, [contenteditable]")) return;
    event.preventDefault();
    nextFresh();
  });
  markFresh();

  // --- One's own comments ------------------------------------------------------------------------------------------------
  const say = (text) => {
    const said = section?.querySelector(".reply-said");
    if (said) said.textContent = text;
  };
  /** Put the author's present view of a comment in its place; false where there is none. */
  const refresh = async (comment) => {
    const answer = await fetch(words.ownUrl.replace("/x/", `/${idOf(comment)}/`)).catch(() => null);
    if (!answer || answer.status !== 200) return null;
    const now = parse(await answer.text()).querySelector(".comment");
    const had = document.activeElement === comment || comment.contains(document.activeElement);
    comment.replaceWith(now);
    if (had) { now.tabIndex = -1; now.focus({ preventScroll: true }); }
    showOpinions(now.parentElement);
    return now;
  };
  const follow = async (comment) => {
    for (const seconds of [1, 2, 4, 8, 15, 30]) {
      await new Promise((later) => setTimeout(later, seconds * 1000));
      if (!comment.isConnected || !comment.matches(".comment-pending")) return;
      const now = await refresh(comment);
      if (!now) return;
      if (!now.matches(".comment-pending")) say(now.matches(".comment-mine") ? words.decided : words.published);
      comment = now;
    }
  };
  // The form of the own page, taken from there with its token and its rules, and put below the comment.
  const openOwn = async (link) => {
    const comment = link.closest(".comment");
    const bring = (html) => {
      const page = parse(html).querySelector("main .person");
      const form = page && page.querySelector("form");
      const place = comment.querySelector(".own-form") || document.createElement("div");
      place.className = "own-form";
      if (!page) { location.href = link.href; return; }
      comment.append(place);
      if (!form) {
        // Too late, and it says so, with what was typed.
        page.querySelector("h1").remove();
        place.replaceChildren(...page.children);
        place.tabIndex = -1;
        place.focus();
        return;
      }
      place.replaceChildren(form);
      form.addEventListener("submit", async (event) => {
        event.preventDefault();
        const sent = await fetch(link.href, { method: "POST", body: new URLSearchParams(new FormData(form)) }).catch(() => null);
        if (!sent) { say(words.offline); return; }
        if (!sent.redirected) { bring(await sent.text()); return; }
        if (link.dataset.own === "withdraw") {
          comment.className = "comment comment-removed";
          comment.replaceChildren(Object.assign(document.createElement("p"), { textContent: words.withdrawn }));
          see(comment);
        } else {
          const now = await refresh(comment);
          if (now) { see(now); follow(now); }
        }
      });
      for (const cancel of form.querySelectorAll("a")) {
        cancel.addEventListener("click", (event) => {
          event.preventDefault();
          place.remove();
          link.focus();
        });
      }
      (form.querySelector("textarea") || form.querySelector("button")).focus();
    };
    const answer = await fetch(link.href).catch(() => null);
    if (answer && answer.ok) bring(await answer.text()); else location.href = link.href;
  };
  root.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-own]:not([data-own=away])");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    openOwn(link);
  });

  if (!section) return;
  const form = section.querySelector("form");
  // Asked for anew each time: an answer of the server replaces what stands inside the form.
  const field = (name) => form.elements[name];
  const answering = section.querySelector(".reply-to");
  const home = document.createComment("form");
  section.before(home);

  const problems = section.querySelector(".problems") || section.querySelector(".check");
  // The browser does it by itself (autofocus); this is for the older ones.
  if (problems) setTimeout(() => problems.focus(), 150);

  // --- Characters left ---------------------------------------------------------------------------------------------------
  const count = () => {
    const note = document.getElementById("comment-count");
    note.dataset.standing ??= note.textContent;
    const limit = Number(field("comment").dataset.limit);
    // Code points, as the server counts them: an emoji is one.
    const left = limit - [...field("comment").value].length;
    const near = left < limit / 5;
    note.textContent = near ? `${Math.abs(left)} ${left < 0 ? words.over : words.left}` : note.dataset.standing;
    note.classList.toggle("field-over", left < 0);
    // Announced only where it matters, not with every letter.
    if (left < 100) note.setAttribute("aria-live", "polite"); else note.removeAttribute("aria-live");
  };

  // --- The draft ---------------------------------------------------------------------------------------------------------
  const store = memory(words.article);
  const keep = () => {
    const [text, parent] = [field("comment").value, field("comment_parent").value];
    if (text.trim()) store.write({ text, parent, at: Date.now() }); else store.drop();
  };
  let timer = 0;
  form.addEventListener("input", (event) => {
    if (event.target.name !== "comment") return;
    count();
    clearTimeout(timer);
    timer = setTimeout(keep, 400);
  });
  addEventListener("pagehide", () => { if (timer) keep(); });

  // --- Answering ---------------------------------------------------------------------------------------------------------
  const answer = (link) => {
    section.querySelector(".reply-to-name").textContent = link.dataset.name;
    answering.hidden = false;
    field("comment_parent").value = link.dataset.reply;
    link.closest(".comment").after(section);
    section.classList.add("reply-inside");
  };
  const goHome = () => {
    answering.hidden = true;
    field("comment_parent").value = "";
    home.after(section);
    section.classList.remove("reply-inside");
  };
  const cancel = () => {
    const link = root.querySelector(`[data-reply="${CSS.escape(field("comment_parent").value)}"]`);
    goHome();
    keep();
    return link;
  };
  root.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("[data-reply]");
    if (link) {
      event.preventDefault();
      answer(link);
      field("comment").focus();
    } else if (event.target.closest(".reply-cancel")) {
      event.preventDefault();
      const back = cancel();
      if (back) back.focus(); else field("comment").focus();
    }
  });

  // --- Sending -----------------------------------------------------------------------------------------------------------
  let warned = "";
  let busy = false;
  const wait = (on) => {
    busy = on;
    for (const button of form.querySelectorAll(".reply-send button")) {
      if (on) button.setAttribute("aria-disabled", "true"); else button.removeAttribute("aria-disabled");
    }
    say(on ? words.sending : "");
  };
  /** Put the author's waiting reply where it will stand. */
  const place = (html, above) => {
    const item = parse(html).querySelector("li");
    const top = above && document.getElementById(`komentar-${above}`);
    const deepest = top && top.closest(".replies .replies") && top.closest("li");
    let list = top ? top.closest("li").querySelector(":scope > .replies") : thread.querySelector(":scope > .comments");
    if (!list && !deepest) {
      list = document.createElement("ol");
      list.className = top ? "replies" : "comments";
      const empty = thread.querySelector(".thread-empty");
      if (top) top.after(list); else if (empty) empty.replaceWith(list); else bar.before(list);
    }
    // Nothing nests below the third level; and among the newest first, a reply of its own stands at the head.
    if (deepest) deepest.after(item);
    else if (!top && thread.querySelector(".sorts [aria-current]")?.search.includes("urut=terbaru")) list.prepend(item);
    else list.append(item);
    return item.querySelector(".comment");
  };
  form.addEventListener("submit", async (event) => {
    const looking = event.submitter?.name === "periksa";
    event.preventDefault();
    if (busy) return;
    const body = new URLSearchParams(new FormData(form));
    const sending = field("comment").value;
    if (looking) body.set("periksa", "1"); else if (warned !== sending) body.set("periksa-dulu", "1");
    wait(true);
    let result = null;
    try {
      const sent = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body });
      result = sent.ok && !sent.redirected ? await sent.json() : {};
    } catch { /* no connection, or an answer that nobody can read */ }
    wait(false);
    if (!result) {
      keep();
      say(words.offline);
    } else if (result.check) {
      warned = sending;
      const checked = form.querySelector(".reply-check");
      checked.innerHTML = result.check;
      checked.firstElementChild.focus();
    } else if (result.form) {
      keep();
      form.innerHTML = parse(result.form).querySelector("form").innerHTML;
      answering.hidden = !field("comment_parent").value;
      count();
      form.querySelector(".problems").focus();
    } else if (result.go) {
      // In a frame the address itself shows the author what waits, since its cookies may not be kept.
      store.drop();
      location.assign(result.go);
    } else if (result.comment) {
      const mine = place(result.comment, result.parent);
      clearTimeout(timer);
      timer = 0;
      field("comment").value = "";
      form.querySelector(".reply-check").replaceChildren();
      form.querySelector(".problems")?.remove();
      for (const wrong of form.querySelectorAll("[aria-invalid]")) wrong.removeAttribute("aria-invalid");
      for (const error of form.querySelectorAll(".field-error")) error.remove();
      count();
      goHome();
      store.drop();
      history.replaceState(null, "", `#${mine.id}`);
      see(mine);
      say(words.arrived);
      follow(mine);
    } else {
      // Something else came back: then as a page, without the script.
      keep();
      if (looking) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: "periksa", value: "1" }));
      form.submit();
    }
  });

  // A reply that arrived stands on the page as the author's own: its draft has done its work.
  const landed = location.hash.startsWith("#komentar-") && document.getElementById(location.hash.slice(1));
  const draft = store.read();
  if (landed && "mine" in landed.dataset) {
    store.drop();
  } else if (draft && draft.text && !field("comment").value && !problems) {
    field("comment").value = draft.text;
    const link = draft.parent && !field("comment_parent").value && root.querySelector(`[data-reply="${CSS.escape(draft.parent)}"]`);
    if (link) answer(link);
    say(words.restored);
  }
  count();
})();
