/* The command palette: everything that the page offers, by typing a part of its name. Made from the page's own links and buttons. */
"use strict";

(() => {
  const dialog = document.getElementById("palette");
  const opener = document.getElementById("palette-open");
  const search = document.getElementById("desk-search");
  if (!dialog || !opener) return;
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("ul");
  let commands = [];
  let current = 0;

  const words = (element) => element.textContent.replace(/\s+/g, " ").trim();

  function collect() {
    const found = [];
    document.querySelectorAll("#decide .act").forEach((button) => {
      if (button.value === "reject") return;
      found.push({ name: words(button.querySelector(".act-name") || button), act: () => button.click() });
    });
    const reject = document.querySelector("#decide [value=reject]");
    document.querySelectorAll("#decide input[name=reason]").forEach((radio) => {
      const name = `${words(reject.querySelector(".act-name"))}: ${words(radio.parentElement.querySelector(".reason-name"))}`;
      found.push({ name, act: () => { radio.checked = true; reject.click(); } });
    });
    document.querySelectorAll("#item .more form button, #toasts .toast form button").forEach((button) => {
      if (!button.hasAttribute("formaction") && !button.closest("form").querySelector("textarea")) {
        found.push({ name: words(button), act: () => button.click() });
      }
    });
    document.querySelectorAll(".desk-views .views a").forEach((link) => {
      found.push({ name: words(link.querySelector("span")), hint: dialog.dataset.view, act: () => link.click() });
    });
    found.push({ name: words(document.getElementById("keys-title")), act: () => document.getElementById("keys").showModal() });
    return found;
  }

  function fill() {
    const typed = input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const shown = commands.filter((command) => typed.every((part) => command.name.toLocaleLowerCase().includes(part)));
    if (input.value.trim()) {
      shown.push({
        name: `${dialog.dataset.search}: ${input.value.trim()}`,
        act: () => { search.value = input.value.trim(); search.form.requestSubmit(); },
      });
    }
    current = Math.min(current, Math.max(shown.length - 1, 0));
    list.replaceChildren(...shown.map((command, index) => {
      const line = document.createElement("li");
      line.id = `command-${index}`;
      line.setAttribute("role", "option");
      line.setAttribute("aria-selected", String(index === current));
      line.textContent = command.name;
      if (command.hint) {
        const hint = document.createElement("span");
        hint.className = "quiet";
        hint.textContent = command.hint;
        line.append(hint);
      }
      line.addEventListener("click", () => run(command));
      return line;
    }));
    if (shown.length) input.setAttribute("aria-activedescendant", `command-${current}`);
    else input.removeAttribute("aria-activedescendant");
    const line = list.children[current];
    if (line) line.scrollIntoView({ block: "nearest" });
    return shown;
  }

  function run(command) {
    dialog.close();
    if (command) command.act();
  }

  function openPalette() {
    commands = collect();
    current = 0;
    input.value = "";
    dialog.showModal();
    fill();
  }

  input.addEventListener("input", () => { current = 0; fill(); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown") { current += 1; fill(); event.preventDefault(); }
    if (event.key === "ArrowUp") { current = Math.max(current - 1, 0); fill(); event.preventDefault(); }
    if (event.key === "Enter") { event.preventDefault(); run(fill()[current]); }
  });
  opener.addEventListener("click", openPalette);
  document.addEventListener("keydown", (event) => {
    const chord = (event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k";
    const plain = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey
      && !event.target.matches("textarea, select, input:not([type=checkbox], [type=radio])")
      && document.getElementById("keys-on").checked;
    if ((!chord && !plain) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    openPalette();
  });
})();
