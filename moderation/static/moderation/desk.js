/* The desk without hands leaving the keyboard, and claims that follow what is on the screen. Everything works without this file. */
"use strict";

(() => {
  const opened = document.getElementById("opened");
  const form = document.getElementById("decide");
  const help = document.getElementById("keys");
  const switchBox = document.getElementById("keys-on");
  const KEYS_OFF = "balasan.desk.keys";
  const RENEW_MS = 120000;
  let sending = false;
  let active = true;

  /* --- The list ----------------------------------------------------------------------------------------------------- */

  const rows = [...document.querySelectorAll(".row")];
  const current = rows.findIndex((row) => row.classList.contains("is-open"));
  const picks = rows.map((row) => row.querySelector(".pick input"));
  const bar = document.getElementById("bulk-bar");
  const all = document.getElementById("pick-all");
  const counter = document.getElementById("bulk-count");
  const idle = counter ? counter.textContent : "";
  let lastPick = -1;

  function showPicked() {
    if (!bar) return;
    const count = picks.filter((pick) => pick.checked).length;
    counter.textContent = count || idle;
    if (count) bar.open = true;
    all.checked = count > 0 && count === picks.length;
    all.indeterminate = count > 0 && count < picks.length;
  }

  if (bar) {
    document.getElementById("pick-all-label").hidden = false;
    all.addEventListener("change", () => {
      picks.forEach((pick) => { pick.checked = all.checked; });
      showPicked();
    });
    picks.forEach((pick, index) => {
      pick.addEventListener("click", (event) => {
        if (event.shiftKey && lastPick >= 0) {
          const [from, to] = [Math.min(lastPick, index), Math.max(lastPick, index)];
          for (let i = from; i <= to; i += 1) picks[i].checked = pick.checked;
        }
        lastPick = index;
        showPicked();
      });
    });
    showPicked();
  }
  if (current >= 0) {
    // Only the list scrolls: the page stays where the comment is.
    const list = document.querySelector(".desk-list");
    const row = rows[current];
    if (list.scrollHeight > list.clientHeight && row.offsetTop > list.clientHeight * 0.6) {
      list.scrollTop = row.offsetTop - list.clientHeight / 3;
    }
  }
  if (opened) document.getElementById("item").focus({ preventScroll: true });

  function go(step) {
    const target = rows[current < 0 ? 0 : current + step];
    if (target) target.querySelector("a").click();
  }

  /* --- Deciding ----------------------------------------------------------------------------------------------------- */

  const button = (key) => document.querySelector(`[data-key="${key}"]`);
  const chosen = () => form && form.querySelector("input[name=reason]:checked");

  function arm(on) {
    if (!form) return;
    form.classList.toggle("is-rejecting", on);
    if (on) form.querySelector("input[name=reason]").focus();
    else if (document.activeElement && document.activeElement.name === "reason") document.activeElement.blur();
  }

  function press(key) {
    const target = button(key);
    if (target) target.click();
  }

  function choose(number) {
    const radio = form && form.querySelector(`[data-number="${number}"]`);
    if (!radio) return;
    radio.checked = true;
    if (form.classList.contains("is-rejecting")) press("r");
  }

  if (form) {
    form.addEventListener("submit", (event) => {
      if (sending) {
        event.preventDefault(); // a double click is one decision
        return;
      }
      sending = true;
      form.classList.add("is-sending");
    });
    // Coming back by the browser's "back" must not leave the form locked.
    window.addEventListener("pageshow", () => {
      sending = false;
      form.classList.remove("is-sending");
    });
  }

  /* --- Keys --------------------------------------------------------------------------------------------------------- */

  const stored = () => { try { return localStorage.getItem(KEYS_OFF); } catch { return null; } };
  let keysOn = stored() !== "off";
  if (switchBox) {
    switchBox.checked = keysOn;
    switchBox.addEventListener("change", () => {
      keysOn = switchBox.checked;
      try { localStorage.setItem(KEYS_OFF, keysOn ? "on" : "off"); } catch { /* kept for this page only */ }
    });
  }
  const opener = document.getElementById("keys-open");
  if (opener && help) {
    opener.hidden = false;
    opener.addEventListener("click", () => help.showModal());
  }

  const isField = (element) =>
    element.matches("textarea, select, input:not([type=checkbox], [type=radio])") || element.isContentEditable;

  document.addEventListener("keydown", (event) => {
    active = true;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") {
      if (event.target.matches("textarea, input, select")) event.target.blur();
      arm(false);
      return;
    }
    if (isField(event.target) || (help && help.open) || !keysOn) return;
    const key = event.key.toLowerCase();
    const acts = {
      j: () => go(1),
      k: () => go(-1),
      a: () => press("a"),
      s: () => press("s"),
      h: () => press("h"),
      u: () => press("u"),
      r: () => (chosen() ? press("r") : arm(true)),
      n: () => document.getElementById("note") && document.getElementById("note").focus(),
      x: () => {
        const pick = picks[current < 0 ? 0 : current];
        if (pick) { pick.checked = !pick.checked; showPicked(); }
      },
      "?": () => help && help.showModal(),
    };
    if (/^[1-9]$/.test(key)) acts[key] = () => choose(key);
    if (acts[key] && !event.repeat) {
      event.preventDefault();
      acts[key]();
    }
  });
  document.addEventListener("pointermove", () => { active = true; }, { passive: true });

  /* --- Claims ------------------------------------------------------------------------------------------------------- */

  if (opened && form) {
    let until = opened.dataset.until;
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const said = () => {
      const data = new FormData();
      data.set("csrfmiddlewaretoken", token);
      data.set("status", opened.dataset.status);
      data.set("revision", opened.dataset.revision);
      data.set("until", until);
      return data;
    };
    const show = (id, words) => {
      const place = document.getElementById(id);
      place.textContent = words;
      place.hidden = !words;
    };
    const renew = async () => {
      if (!active || document.hidden) return; // an open page alone is nobody at work
      active = false;
      try {
        const answer = await fetch(opened.dataset.claim, { method: "POST", body: said(), headers: { Accept: "application/json" } });
        if (!answer.ok) return;
        const now = await answer.json();
        until = now.until;
        show("looking", now.looking);
        show("became", now.became);
      } catch { /* the network is away: the claim runs out by itself */ }
    };
    setInterval(renew, RENEW_MS);
    document.addEventListener("visibilitychange", () => { active = true; renew(); });
    window.addEventListener("pagehide", () => {
      if (!sending && until) navigator.sendBeacon(opened.dataset.release, said());
    });
  }
})();
