// Review by keyboard, and copying text. Everything works without this file, by the form's own buttons.

const form = document.querySelector("[data-review]");
if (form) {
  reviewing(form);
}
document.querySelectorAll("[data-copy]").forEach(copying);
// Nobody who was quicker than this file is taken out of a field.
if (document.activeElement === document.body) {
  document.querySelector("#problem")?.focus();
}

function reviewing(form) {
  const boxes = Array.from(form.querySelectorAll("input[name=entry]"));
  const all = form.querySelector("[data-all]");
  const told = form.querySelector("[data-count]");
  const reason = form.querySelector("#reason");
  if (!boxes.length || !reason) {
    return;
  }
  all.closest("label").hidden = false;

  function tell() {
    const count = boxes.filter((box) => box.checked).length;
    told.textContent = count ? `已选 ${count} 项` : "";
    all.checked = count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
  }

  function only(box) {
    boxes.forEach((one) => (one.checked = one === box));
    tell();
  }

  // What the keys act on: what is checked, else the row they are pressed in.
  function choose(box) {
    if (!boxes.some((one) => one.checked)) {
      only(box);
    }
  }

  function press(act) {
    form.requestSubmit(form.querySelector(`.decide button[value=${act}]`));
  }

  function giveBack() {
    if (reason.value.trim()) {
      press("return");
    } else {
      reason.focus();
    }
  }

  form.addEventListener("change", tell);
  all.addEventListener("change", () => {
    boxes.forEach((box) => (box.checked = all.checked));
    tell();
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-return]");
    if (button && !reason.value.trim()) {
      event.preventDefault();
      only(button.closest("tr").querySelector("input[name=entry]"));
      reason.focus();
    }
  });

  // Only while a box of the table has the focus, so that no letter typed elsewhere does anything.
  form.addEventListener("keydown", (event) => {
    const place = boxes.indexOf(event.target);
    if (place < 0 || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) {
      return;
    }
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (step) {
      const next = boxes[Math.min(Math.max(place + step, 0), boxes.length - 1)];
      next.focus();
    } else if (event.key === "a") {
      choose(event.target);
      press("approve");
    } else if (event.key === "r") {
      choose(event.target);
      giveBack();
    } else {
      return;
    }
    event.preventDefault();
  });
  tell();
}

function copying(button) {
  const text = document.getElementById(button.dataset.copy);
  const told = document.querySelector("[data-copied]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.value);
      told.textContent = "已复制";
    } catch {
      // Without https the browser keeps the clipboard shut: the text is selected, for the reader's own keys.
      text.focus();
      text.select();
      told.textContent = document.execCommand("copy") ? "已复制" : "已选中，请按 Ctrl+C 复制";
    }
  });
}
