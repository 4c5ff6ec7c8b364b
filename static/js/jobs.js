// A job that has not ended tells how far it is; the page comes anew when it has. Forms are sent once, files are weighed before.

const PAUSE = 1000;
const MOST = 10000;

const running = document.getElementById("running");

function show(job) {
  const bar = document.getElementById("progress");
  const told = document.getElementById("told");
  if (job.total) {
    bar.max = job.total;
    bar.value = job.done;
  }
  const words = job.state === "queued" ? "排队中" : job.total ? `已处理 ${job.done} / ${job.total} 行` : "正在读取文件";
  if (told.textContent !== words) told.textContent = words;
  const waiting = document.getElementById("waiting");
  waiting.hidden = !job.waiting_since;
  if (job.waiting_since) {
    const since = new Date(job.waiting_since);
    document.getElementById("since").textContent = since.toLocaleTimeString("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });
  }
}

async function follow(pause) {
  let next = PAUSE;
  try {
    const response = await fetch(running.dataset.state, { headers: { Accept: "application/json" } });
    if (response.status === 401 || response.status === 404) {
      window.location.reload();
      return;
    }
    if (!response.ok) throw new Error(response.status);
    const job = await response.json();
    if (job.state !== "queued" && job.state !== "running") {
      window.location.reload();
      return;
    }
    show(job);
  } catch {
    next = Math.min(pause * 2, MOST); // the network is away: the job goes on without us
    document.getElementById("told").textContent = "暂时连不上服务器，处理仍在继续；连上后会接着显示。";
  }
  window.setTimeout(follow, next, next);
}

if (running) window.setTimeout(follow, PAUSE, PAUSE);

for (const form of document.querySelectorAll("form[data-most-bytes]")) {
  const file = form.querySelector("input[type=file]");
  const problem = form.querySelector(".field-problem");
  const weigh = () => {
    const chosen = file.files[0];
    const isTooLarge = Boolean(chosen) && chosen.size > Number(form.dataset.mostBytes);
    problem.textContent = isTooLarge ? `“${chosen.name}”太大，请分成几个文件。` : "";
    file.setAttribute("aria-invalid", String(isTooLarge));
    return isTooLarge;
  };
  file.addEventListener("change", weigh);
  form.addEventListener("submit", (event) => {
    if (weigh()) {
      event.preventDefault();
      file.focus();
    }
  });
}

// Disabled only after the form was taken, so that the button's own value goes along.
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post" || !event.target.closest(".uploads-page")) return;
  window.setTimeout(() => {
    for (const button of event.target.querySelectorAll("button")) button.disabled = true;
    const main = event.target.querySelector("button.main");
    if (main && event.target.dataset.mostBytes) main.textContent = "正在上传…";
  });
});

window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const button of document.querySelectorAll(".uploads-page button")) button.disabled = false;
});
