/* Several lines of the list at once. What is selected stays selected while one comment after the other is opened to look at it. */
"use strict";

(() => {
  const listBox = document.getElementById("rows");
  const bar = document.getElementById("bulk-bar");
  const item = document.getElementById("item");
  if (!listBox || !bar || !item) return;
  const KEY = "balasan.desk.picks";
  const all = document.getElementById("pick-all");
  const counter = document.getElementById("bulk-count");
  const idle = counter.textContent;
  let last = -1;

  const picks = () => [...listBox.querySelectorAll(".pick input")];

  /* Of this view and page alone: what cannot be seen is not to be decided. */
  const kept = {
    read() {
      try {
        const found = JSON.parse(sessionStorage.getItem(KEY) || "{}");
        return found.place === item.dataset.place ? found.values : [];
      } catch { return []; }
    },
    write(values) {
      try {
        if (values.length) sessionStorage.setItem(KEY, JSON.stringify({ place: item.dataset.place, values }));
        else sessionStorage.removeItem(KEY);
      } catch { /* then they last as long as the page */ }
    },
  };

  function show() {
    const boxes = picks();
    const values = boxes.filter((pick) => pick.checked).map((pick) => pick.value);
    counter.textContent = values.length || idle;
    if (values.length) bar.open = true;
    all.checked = values.length > 0 && values.length === boxes.length;
    all.indeterminate = values.length > 0 && !all.checked;
    kept.write(values);
  }

  document.getElementById("pick-all-label").hidden = false;
  all.addEventListener("change", () => {
    picks().forEach((pick) => { pick.checked = all.checked; });
    show();
  });
  listBox.addEventListener("click", (event) => {
    const boxes = picks();
    const index = boxes.indexOf(event.target);
    if (index < 0) return;
    if (event.shiftKey && last >= 0) {
      const [from, to] = [Math.min(last, index), Math.max(last, index)];
      for (let i = from; i <= to; i += 1) boxes[i].checked = event.target.checked;
    }
    last = index;
    show();
  });
  document.getElementById("bulk").addEventListener("submit", () => {
    const opened = document.getElementById("opened");
    document.getElementById("bulk-open").value = opened ? opened.dataset.id : "";
    kept.write([]);
  });

  /* What was selected and still stands there as it was seen is selected again: what moved on meanwhile is not. */
  function restore() {
    const before = kept.read();
    picks().forEach((pick) => { if (before.includes(pick.value)) pick.checked = true; });
    last = -1;
    show();
  }
  listBox.addEventListener("renewed", restore);
  restore();
})();
