// The end of a session is told in time and never takes what was typed; passwords can be looked at; keys and passwords copied.

const WARN_SECONDS = 120;

// The end of the session: said two minutes ahead, by the server's count, because another tab may have kept it going.

const box = document.querySelector("[data-session-left]");

function watch() {
  const says = box.querySelector("p");
  const stay = box.querySelector("[data-act=stay]");
  const close = box.querySelector("[data-act=close]");
  let endsAt = Date.now() + Number(box.dataset.sessionLeft) * 1000;
  let timer = 0;

  async function ask(method) {
    const answer = await fetch(box.dataset.stay, { method, headers: { Accept: "application/json" }, cache: "no-store" });
    return answer.ok ? (await answer.json()).seconds_left : 0;
  }

  function wait() {
    clearTimeout(timer);
    const left = endsAt - Date.now();
    timer = setTimeout(look, Math.max(left > WARN_SECONDS * 1000 ? left - WARN_SECONDS * 1000 : left, 0) + 500);
  }

  async function look() {
    try {
      endsAt = Date.now() + (await ask("GET")) * 1000;
    } catch {
      timer = setTimeout(look, 10000); // no network: the session may still be there
      return;
    }
    const left = (endsAt - Date.now()) / 1000;
    box.hidden = left > WARN_SECONDS + 1;
    says.textContent = left > 0 ? says.dataset.soon : says.dataset.over;
    stay.hidden = left <= 0;
    close.hidden = left > 0;
    if (left > 0) {
      wait();
    }
  }

  stay.addEventListener("click", async () => {
    try {
      endsAt = Date.now() + (await ask("POST")) * 1000;
    } catch {
      return;
    }
    await look();
  });
  close.addEventListener("click", () => {
    box.hidden = true;
  });
  // A laptop that was asleep: the clock went on.
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && wait());
  wait();
}

if (box) {
  watch();
}

// Passwords

for (const button of document.querySelectorAll("[data-shows]")) {
  const field = document.getElementById(button.dataset.shows);
  button.hidden = false;
  button.addEventListener("click", () => {
    const isShown = field.type === "password";
    field.type = isShown ? "text" : "password";
    button.setAttribute("aria-pressed", String(isShown));
  });
  // Browsers keep a password only from a field that hides it.
  field.form.addEventListener("submit", () => {
    field.type = "password";
  });
}

for (const button of document.querySelectorAll("[data-copies]")) {
  if (navigator.clipboard) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent.trim());
      document.querySelector("[data-copied]").textContent = "已复制";
    });
  }
}

// What went wrong is read first, unless somebody who was quicker than this file is typing already.

const problem = document.querySelector("[data-focus]");
if (problem && document.activeElement === document.body) {
  problem.focus();
}

// A form that was caught at the login page goes on by itself.

const again = document.querySelector("[data-goes-by-itself]");
if (again) {
  again.requestSubmit();
}
