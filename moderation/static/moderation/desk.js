/* The desk without hands leaving the keyboard: decisions at once, the next comment already there, claims that follow the screen.
   Everything works without this file. */
"use strict";

(() => {
  const box = document.getElementById("item");
  if (!box) return;
  const place = box.dataset.place;
  const handsOut = box.dataset.handsOut === "1";
  const help = document.getElementById("keys");
  const switchBox = document.getElementById("keys-on");
  const toasts = document.getElementById("toasts");
  const KEYS_OFF = "balasan.desk.keys";
  const NOTE = "balasan.desk.note.";
  const SENT = "balasan.desk.note-sent";
  const UNDO = "balasan.desk.undo";
  const RENEW_MS = 120000;
  const FRESH_MS = 50000; // what was fetched longer ago is asked about again when it is shown
  const PAUSE_MS = 300000; // so long without a decision is a pause
  const RENEW_LIST_AFTER = 8;
  const ready = []; // comments that stand behind the one on the screen: {id, html, address, at}
  const gone = new Set(); // decided on this page
  let opened;
  let form;
  let until = "";
  let pending = 0;
  let waiting = false; // the screen is empty until an answer comes
  let leaving = false; // a form that the browser sends itself
  let active = true;
  let decided = 0;
  let lastDone = "";

  const store = {
    get(name) { try { return localStorage.getItem(name); } catch { return null; } },
    set(name, value) { try { localStorage.setItem(name, value); } catch { /* kept for this page only */ } },
  };
  const session = {
    get(name) { try { return sessionStorage.getItem(name) || ""; } catch { return ""; } },
    set(name, text) { try { if (text) sessionStorage.setItem(name, text); else sessionStorage.removeItem(name); } catch { /* lost */ } },
  };
  const root = document.documentElement;
  const tell = () => { root.dataset.deskPending = String(pending); };
  tell();

  /* --- The list ----------------------------------------------------------------------------------------------------- */

  const listBox = document.getElementById("rows");
  const rows = () => [...listBox.querySelectorAll(".row")];
  const open = () => rows().filter((row) => !row.classList.contains("is-done"));
  const rowOf = (id) => rows().find((row) => row.dataset.id === id);
  const here = (list) => list.findIndex((row) => opened && row.dataset.id === opened.dataset.id);

  function showRow() {
    rows().forEach((row) => {
      const current = opened && row.dataset.id === opened.dataset.id;
      row.classList.toggle("is-open", Boolean(current));
      const link = row.querySelector("a");
      if (current) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    });
    const list = document.querySelector(".desk-list");
    const row = listBox.querySelector(".row.is-open");
    // Only the list scrolls: the page stays where the comment is.
    if (row && list.scrollHeight > list.clientHeight) {
      const top = row.offsetTop - list.scrollTop;
      if (top < 0 || top > list.clientHeight * 0.7) list.scrollTop = row.offsetTop - list.clientHeight / 3;
    }
  }

  let asked = 0;

  async function renewList() {
    asked += 1;
    const mine = asked;
    try {
      const answer = await fetch(`${box.dataset.rows}?${place}`);
      if (!answer.ok || answer.redirected) return;
      const made = await answer.text();
      if (mine !== asked) return; // a later question has its answer, or will have it
      const focused = listBox.contains(document.activeElement) ? document.activeElement : null;
      const row = focused && focused.closest(".row");
      listBox.innerHTML = made;
      const again = row && rowOf(row.dataset.id);
      if (again) again.querySelector(focused.matches("input") ? "input" : "a").focus({ preventScroll: true });
      else if (focused) focusItem();
      showRow();
      showCounts(JSON.parse(listBox.querySelector(".rows").dataset.counts || "{}"));
      listBox.dispatchEvent(new Event("renewed"));
    } catch { /* the old list is better than none */ }
  }

  function showCounts(counts) {
    for (const [view, count] of Object.entries(counts)) {
      const shown = document.querySelector(`[data-count="${view}"]`);
      if (shown) shown.textContent = count > 999 ? `${count - 1}+` : String(count);
    }
  }

  function go(step) {
    const list = open();
    const index = here(list);
    const target = list[index < 0 ? 0 : index + step];
    if (target) target.querySelector("a").click();
  }

  /* --- What is on the screen ---------------------------------------------------------------------------------------- */

  function mount() {
    opened = document.getElementById("opened");
    form = document.getElementById("decide");
    until = opened ? opened.dataset.until : "";
    if (opened) keepDrafts();
    document.querySelector(".desk").classList.toggle("has-item", Boolean(opened));
    showRow();
    if (opened) focusItem();
  }

  function focusItem() {
    box.focus({ preventScroll: true });
  }

  /* What somebody writes beside a comment waits there for them, wherever they go meanwhile. */
  const draftOf = (id, field) => `${NOTE}${id}.${field.id}`;

  function keepDrafts() {
    const sent = session.get(SENT);
    if (sent && !document.querySelector(".messagelist .error")) session.set(sent, "");
    session.set(SENT, "");
    box.querySelectorAll("textarea[name=note]").forEach((field) => {
      const name = draftOf(opened.dataset.id, field);
      if (!field.value) field.value = session.get(name);
      if (field.value && field.closest("details")) field.closest("details").open = true;
      field.addEventListener("input", () => session.set(name, field.value));
    });
  }

  function show(entry) {
    waiting = false;
    box.innerHTML = entry.html;
    window.history.replaceState(null, "", entry.address);
    window.scrollTo(0, 0);
    mount();
    if (Date.now() - entry.at > FRESH_MS) renew();
  }

  function showWaiting() {
    waiting = true;
    box.innerHTML = "";
    box.append(document.getElementById("word-loading").content.cloneNode(true));
    opened = null;
    form = null;
    until = "";
  }

  function keep(entry) {
    // Two answers under way at once can bring the same one, of which the first may be decided by now.
    if (!entry || gone.has(entry.id) || ready.some((other) => other.id === entry.id) || (opened && opened.dataset.id === entry.id)) return;
    ready.push({ ...entry, at: Date.now() });
  }

  /* In views that hand out nothing, the next one is the next line of the list. */
  function nextInList(after) {
    const list = open();
    const index = list.findIndex((row) => row.dataset.id === after);
    return index >= 0 && list[index + 1] ? list[index + 1].dataset.id : "";
  }

  async function fetchAhead() {
    if (!opened) return;
    const query = new URLSearchParams(place);
    query.set("holding", [opened.dataset.id, ...ready.map((entry) => entry.id)].join(","));
    if (!handsOut) query.set("next", nextInList(opened.dataset.id));
    try {
      const answer = await fetch(`${box.dataset.next}?${query}`, { headers: { Accept: "application/json" } });
      if (answer.ok && !answer.redirected) keep((await answer.json()).ahead);
    } catch { /* then the next one comes with the decision */ }
  }

  /* --- Deciding ----------------------------------------------------------------------------------------------------- */

  const chosen = () => form && form.querySelector("input[name=reason]:checked");

  function arm(on) {
    if (!form || !form.querySelector("input[name=reason]")) return;
    form.classList.toggle("is-rejecting", on);
    if (on) form.querySelector("input[name=reason]").focus();
    else if (document.activeElement && document.activeElement.name === "reason") focusItem();
  }

  function press(key) {
    const target = document.querySelector(`#toasts [data-key="${key}"]`) || document.querySelector(`[data-key="${key}"]`);
    if (target) target.click();
    return Boolean(target);
  }

  function choose(number) {
    const radio = form && form.querySelector(`[data-number="${number}"]`);
    if (!radio) return;
    radio.checked = true;
    if (form.classList.contains("is-rejecting")) press("r");
  }

  document.addEventListener("submit", (event) => {
    const sent = event.target;
    if (sent.dataset.quiet !== undefined) {
      event.preventDefault();
      fetch(sent.action, { method: "POST", body: new FormData(sent), headers: { Accept: "application/json" } });
      sent.closest(".banner").hidden = true;
      breakAt = 0;
      focusItem();
      return;
    }
    if (sent.id !== "decide") {
      leaving = true;
      const written = opened && sent.querySelector("textarea[name=note]");
      if (written) session.set(SENT, draftOf(opened.dataset.id, written));
      const taken = event.submitter && event.submitter.name === "decision" ? event.submitter : sent.elements.decision;
      if (taken) undoable.without(taken.value);
      return;
    }
    event.preventDefault();
    if (!event.submitter) return;
    const id = opened.dataset.id;
    const data = new FormData(sent);
    const note = data.get("note");
    gone.add(id);
    session.set(draftOf(id, document.getElementById("note")), "");
    data.set(event.submitter.name, event.submitter.value);
    const following = ready.shift();
    data.set("holding", [following, ...ready].filter(Boolean).map((entry) => entry.id).join(","));
    if (!handsOut) data.set("next", nextInList(following ? following.id : id));
    const row = rowOf(id);
    if (row) row.classList.add("is-done");
    const pick = row && row.querySelector(".pick input:checked");
    if (pick) pick.click();
    clearToast("done");
    if (following) show(following);
    else showWaiting();
    send({ action: sent.action, data, id, note, row, at: Date.now() });
  });

  async function send(act) {
    pending += 1;
    tell();
    let answer;
    let said;
    try {
      answer = await fetch(act.action, { method: "POST", body: act.data, headers: { Accept: "application/json" }, keepalive: true });
      said = await answer.json();
    } catch {
      answer = null; // the network is away, or the session has ended: nothing is known to be saved
    }
    if (answer && answer.ok && said.decision) settled(act, said);
    else {
      refused(act, said);
      if (answer && answer.status === 409) await renewList(); // somebody else has moved on
    }
    pending -= 1;
    tell();
  }

  function settled(act, said) {
    decided += 1;
    lastDone = String(said.decision);
    keep(said.ahead);
    showCounts(said.counts);
    if (said.undoable) undoable.put({ decision: String(said.decision), words: said.said, at: act.at, until: Date.now() + seconds * 1000 });
    if (act.at >= lastShown) {
      lastShown = act.at;
      toast("done", said.said, { decision: said.undoable ? said.decision : "" });
    }
    worked();
    if (waiting) {
      if (ready.length) show(ready.shift());
      else leaveFor();
    }
    if (!ready.length) fetchAhead();
    if (decided % RENEW_LIST_AFTER === 0 || open().length < 5) renewList();
  }

  function refused(act, said) {
    if (act.row) act.row.classList.remove("is-done");
    gone.delete(act.id);
    session.set(`${NOTE}${act.id}.note`, act.note || "");
    const address = said && said.address ? said.address : box.dataset.item.replace("/x/", `/${act.id}/`);
    const trouble = said && said.trouble ? said.trouble : toasts.dataset.lost;
    toast("trouble", act.note ? `${trouble} ${toasts.dataset.kept}` : trouble, { address });
    keep(said && said.ahead);
    if (!waiting) return;
    if (ready.length) show(ready.shift());
    else { box.innerHTML = ""; box.append(document.getElementById("word-nothing").content.cloneNode(true)); waiting = false; }
  }

  function leaveFor() {
    const query = new URLSearchParams(place);
    if (lastDone) query.set("done", lastDone);
    leaving = true;
    pending += 1; // until the page is another one
    window.location.assign(`${box.dataset.queue}?${query}`);
  }

  /* --- What was done, and the way back ------------------------------------------------------------------------------- */

  const clocks = {};
  const seconds = Number(toasts.dataset.seconds);
  let lastShown = 0;

  /* Each decision can be taken back for a while, the last one first, whatever page has come since. */
  const undoable = {
    all() {
      try { return JSON.parse(session.get(UNDO) || "[]").filter((one) => one.until > Date.now()); } catch { return []; }
    },
    put(one) {
      const list = [...this.all(), one].sort((a, b) => a.at - b.at);
      session.set(UNDO, JSON.stringify(list));
    },
    without(decision) {
      session.set(UNDO, JSON.stringify(this.all().filter((one) => one.decision !== decision)));
    },
  };

  function showUndoable() {
    const last = undoable.all().pop();
    if (!last || document.querySelector(".banner-done")) return;
    lastShown = last.at;
    toast("done", last.words, { decision: last.decision, left: Math.ceil((last.until - Date.now()) / 1000) });
  }

  function takeBack() {
    if (press("u") || pending) return;
    toast("trouble", toasts.dataset.nothing, { address: `${box.dataset.queue}?view=decided` });
  }

  function clearToast(kind) {
    clearInterval(clocks[kind]);
    document.getElementById(`toast-${kind}`).replaceChildren();
  }

  function toast(kind, words, { decision = "", address = "", left = seconds } = {}) {
    clearToast(kind);
    const node = document.getElementById(`template-${kind}`).content.cloneNode(true);
    const shown = node.querySelector(".toast");
    node.querySelector(".toast-words").textContent = words;
    const undo = node.querySelector("form");
    if (undo && decision) undo.elements.decision.value = decision;
    else if (undo) undo.remove();
    const link = node.querySelector(".toast-link");
    if (link) link.href = address;
    const close = node.querySelector(".toast-close");
    if (close) close.addEventListener("click", () => { clearToast(kind); focusItem(); });
    document.getElementById(`toast-${kind}`).append(node);
    if (kind !== "done") return;
    const number = shown.querySelector(".toast-left");
    const tick = () => {
      if (number) number.textContent = String(left);
      if (left <= 0) clearToast(kind);
      // Whoever is on the way to the button is not to lose it.
      else if (!shown.matches(":hover, :focus-within")) left -= 1;
    };
    tick();
    clocks[kind] = setInterval(tick, 1000);
  }

  /* --- A hint to pause ---------------------------------------------------------------------------------------------- */

  const breakMs = Number(box.dataset.breakMinutes) * 60000;
  let breakAt = box.dataset.since ? Number(box.dataset.since) * 1000 + breakMs : 0;
  let lastWork = Date.now();

  function worked() {
    if (!breakMs) return;
    const now = Date.now();
    if (!breakAt || now - lastWork > PAUSE_MS) breakAt = now + breakMs;
    lastWork = now;
    const hint = document.getElementById("pause");
    if (now > breakAt && hint) hint.hidden = false;
  }

  /* --- Keys --------------------------------------------------------------------------------------------------------- */

  let keysOn = store.get(KEYS_OFF) !== "off";
  if (switchBox) {
    switchBox.checked = keysOn;
    switchBox.addEventListener("change", () => {
      keysOn = switchBox.checked;
      store.set(KEYS_OFF, keysOn ? "on" : "off");
    });
  }
  document.getElementById("desk-helps").hidden = false;
  document.getElementById("keys-open").addEventListener("click", () => help.showModal());

  const isField = (element) =>
    element.matches("textarea, select, input:not([type=checkbox], [type=radio])") || element.isContentEditable;

  document.addEventListener("keydown", (event) => {
    active = true;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") {
      if (event.target.matches("textarea, input, select") && !event.target.closest("dialog")) focusItem();
      arm(false);
      return;
    }
    if (isField(event.target) || document.querySelector("dialog[open]") || !keysOn) return;
    const key = event.key.toLowerCase();
    const acts = {
      j: () => go(1),
      k: () => go(-1),
      a: () => press("a"),
      s: () => press("s"),
      h: () => press("h"),
      u: takeBack,
      o: () => press("o"),
      r: () => (chosen() ? press("r") : arm(true)),
      n: () => document.getElementById("note") && document.getElementById("note").focus(),
      b: () => {
        const covered = document.getElementById("covered");
        if (covered) covered.open = !covered.open;
      },
      x: () => {
        const row = rowOf(opened ? opened.dataset.id : "") || (opened ? null : rows()[0]);
        if (row) row.querySelector(".pick input").click();
      },
      "?": () => help.showModal(),
    };
    if (/^[1-9]$/.test(key)) acts[key] = () => choose(key);
    if (acts[key] && !event.repeat) {
      event.preventDefault();
      acts[key]();
    }
  });
  document.addEventListener("pointermove", () => { active = true; }, { passive: true });

  /* --- Claims ------------------------------------------------------------------------------------------------------- */

  function said() {
    const data = new FormData();
    const token = document.querySelector("[name=csrfmiddlewaretoken]");
    data.set("csrfmiddlewaretoken", token ? token.value : "");
    data.set("status", opened.dataset.status);
    data.set("revision", opened.dataset.revision);
    data.set("until", until);
    data.set("holding", ready.map((entry) => `${entry.id}~${entry.until}`).join(","));
    return data;
  }

  function put(id, words) {
    const target = document.getElementById(id);
    if (!target) return;
    target.textContent = words;
    target.hidden = !words;
  }

  async function renew() {
    if (!active || document.hidden || !opened || !form) return; // an open page alone is nobody at work
    active = false;
    const asked = opened;
    try {
      const answer = await fetch(asked.dataset.claim, { method: "POST", body: said(), headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const now = await answer.json();
      if (asked !== opened) return;
      until = now.until;
      put("looking", now.looking);
      put("became", now.became);
    } catch { /* the network is away: the claim runs out by itself */ }
  }

  setInterval(renew, RENEW_MS);
  document.addEventListener("visibilitychange", () => { active = true; renew(); });
  window.addEventListener("pagehide", () => {
    if (!opened || (leaving && !until)) return;
    navigator.sendBeacon(opened.dataset.release, said());
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload(); // what the page held was given back when it was left
  });

  mount();
  showUndoable();
  // A live region tells what changes in it, not what it came with.
  const told = document.getElementById("desk-status").innerText.trim();
  if (told) document.getElementById("desk-live").textContent = told;
  if (opened && form) fetchAhead();
})();
