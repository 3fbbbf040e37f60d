// Tells a reader that the thread has grown since the page came, without moving what is being read. Asks one small address that is the
// same for everybody, not while the page is hidden, more and more rarely while nobody answers; of failures it says nothing.
(() => {
  "use strict";
  const root = document.getElementById("balasan");
  const thread = root && root.querySelector(".thread");
  if (!thread || !root.dataset.live || !AbortSignal.timeout) return;
  const words = root.dataset;
  let shown = Number(words.count);
  let wait = 10;
  let failures = 0;
  let timer = 0;
  // A status: what is put into it is read out once the reader pauses. It stands there, empty, before anything is.
  const bar = document.createElement("div");
  bar.className = "live";
  bar.setAttribute("role", "status");
  thread.prepend(bar);

  const tell = (more) => {
    if (more < 1) { bar.replaceChildren(); return; }
    const text = more === 1 ? words.liveOne : words.liveMany.replace("{n}", more);
    let button = bar.querySelector("button");
    if (!button) {
      button = document.createElement("button");
      button.type = "button";
      button.addEventListener("click", show);
      bar.replaceChildren(button);
    }
    if (button.textContent !== text) button.textContent = text;
  };

  const ask = async () => {
    timer = 0;
    if (document.hidden) return;
    try {
      // Without cookies, so that one ready answer serves all readers.
      const answer = await fetch(words.live, { credentials: "omit", signal: AbortSignal.timeout(8000) });
      if (!answer.ok) throw new Error(answer.status);
      const news = await answer.json();
      wait = news.wait;
      failures = 0;
      tell(news.count - shown);
    } catch {
      failures += 1;
    }
    // A little apart from one another: pages that were opened by the same push notice must not ask in step for ever.
    clearTimeout(timer);
    timer = setTimeout(ask, Math.min(wait * 2 ** failures, 300) * 1000 * (0.8 + Math.random() * 0.4));
  };
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !timer) ask(); });

  // Put the comments of the page as it is now where they belong among those that are there. Nothing else is touched: not the form.
  const show = async () => {
    let page;
    try {
      const answer = await fetch(location.pathname + location.search, { signal: AbortSignal.timeout(15000) });
      if (!answer.ok) throw new Error(answer.status);
      page = new DOMParser().parseFromString(await answer.text(), "text/html");
    } catch { return; }
    const first = [];
    for (const there of page.querySelectorAll(".thread > .comments .comment[id]")) {
      const here = document.getElementById(there.id);
      if (here) {
        if ("mine" in here.dataset && !("mine" in there.dataset)) here.replaceWith(document.adoptNode(there));
        continue;
      }
      const item = there.closest("li");
      const list = home(item);
      if (!list) continue;
      const before = item.previousElementSibling?.querySelector(":scope > .comment");
      const neighbour = before && document.getElementById(before.id)?.closest("li");
      if (neighbour && neighbour.parentElement === list) neighbour.after(document.adoptNode(item));
      else list.prepend(document.adoptNode(item));
      there.classList.add("comment-fresh");
      first.push(there);
    }
    const fresh = page.getElementById("balasan");
    if (!first.length || !fresh) { location.assign(words.newest); return; }
    shown = Number(fresh.dataset.count);
    const heading = page.getElementById("thread-heading");
    if (heading) document.getElementById("thread-heading").textContent = heading.textContent;
    bar.replaceChildren();
    first[0].tabIndex = -1;
    first[0].focus({ preventScroll: true });
    first[0].scrollIntoView({ block: "nearest" });
  };

  // The list of this page that stands for the list of the other one; made where there was none.
  const home = (item) => {
    const parent = item.parentElement.closest("li");
    if (!parent) {
      let list = thread.querySelector(":scope > .comments");
      if (!list) {
        list = document.createElement("ol");
        list.className = "comments";
        const empty = thread.querySelector(".thread-empty");
        if (empty) empty.replaceWith(list); else bar.after(list);
      }
      return list;
    }
    const above = document.getElementById(parent.querySelector(":scope > .comment").id)?.closest("li");
    if (!above) return null;
    let list = above.querySelector(":scope > .replies");
    if (!list) {
      list = document.createElement("ol");
      list.className = "replies";
      const more = above.querySelector(":scope > .comment-more");
      if (more) more.before(list); else above.append(list);
    }
    return list;
  };

  timer = setTimeout(ask, wait * 1000 * (0.5 + Math.random()));
})();
