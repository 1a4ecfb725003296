"""The sandbox page's style sheet and script, which the page carries inline."""

STYLE = """
:root{color-scheme:light dark;--back:#f3f5f8;--card:#fff;--ink:#17202e;--soft:#5b6779;
--line:#dfe4ec;--blue:#1f5fd0;--shade:0 1px 2px #1a2b4a12,0 4px 14px #1a2b4a0d;
--warn:#fff4dc;--warnline:#eccd84;--warnink:#6b4700;--fresh:#dbe8ff;
--g:#12734a;--gb:#dcf5e7;--b:#1d56b8;--bb:#e0ebff;--p:#6d3bb5;--pb:#efe5ff;--k:#4a5466;--kb:#e6eaf0}
@media (prefers-color-scheme:dark){:root{--back:#0e131b;--card:#181f2a;--ink:#e8edf5;
--soft:#9aa7ba;--line:#2a3443;--blue:#86b1ff;--shade:none;
--warn:#3a2d10;--warnline:#6d5520;--warnink:#ffdf9a;--fresh:#22355c;
--g:#7fe0b0;--gb:#12382a;--b:#9cc0ff;--bb:#18305a;--p:#cfb0ff;--pb:#35225a;--k:#b9c4d4;--kb:#2b3544}}
*{box-sizing:border-box}
body{margin:0;background:var(--back);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
a{color:var(--blue)}
a:focus-visible{outline:2px solid var(--blue);outline-offset:2px;border-radius:4px}
header.top{background:var(--card);border-bottom:1px solid var(--line);padding:.8rem 1.25rem;
display:flex;flex-wrap:wrap;gap:.35rem 1rem;align-items:baseline}
h1{font-size:1.15rem;margin:0;letter-spacing:-.01em}
h1 a{color:inherit;text-decoration:none}
.tally{color:var(--soft);font-size:.875rem}
.state{margin-left:auto;color:var(--soft);font-size:.8125rem}
.state::before{content:"";display:inline-block;width:.55rem;height:.55rem;border-radius:50%;
background:var(--line);margin-right:.4rem}
.live .state::before{background:#22a565}
.lost .state::before{background:#d5483f}
nav{display:flex;flex-wrap:wrap;gap:.4rem;padding:.75rem 1.25rem 0}
nav a{padding:.2rem .75rem;border:1px solid var(--line);border-radius:99px;background:var(--card);
color:var(--ink);text-decoration:none;font-size:.875rem;max-width:100%;overflow:hidden;
text-overflow:ellipsis;white-space:nowrap}
nav a:hover{border-color:var(--blue)}
nav a[aria-current]{background:var(--blue);border-color:var(--blue);color:var(--card)}
.faults{margin:.75rem 1.25rem 0;padding:.55rem .9rem;background:var(--warn);color:var(--warnink);
border:1px solid var(--warnline);border-radius:10px;font-size:.875rem}
.faults ul{display:inline;margin:0;padding:0}
.faults li{display:inline-block;margin-left:.9rem;overflow-wrap:anywhere}
.columns{display:flex;gap:1.25rem;align-items:flex-start;overflow-x:auto;padding:1rem 1.25rem 2rem}
.column{flex:1 0 20rem;max-width:27rem;min-width:0}
.column>header{display:flex;gap:.65rem;align-items:center;padding:.25rem .15rem .7rem}
.column h2{font-size:1rem;line-height:1.25;margin:0;overflow-wrap:anywhere}
.column h2 a{color:inherit;text-decoration:none}
.column h2 a:hover{text-decoration:underline}
.column header p{margin:0;color:var(--soft);font-size:.8125rem}
.badge{margin-left:auto;flex:none;font-size:.75rem;font-weight:600;padding:.15rem .6rem;
border-radius:99px}
.idempotent{color:var(--g);background:var(--gb)}.checkable{color:var(--b);background:var(--bb)}
.searchable{color:var(--p);background:var(--pb)}.blind{color:var(--k);background:var(--kb)}
.thread{background:var(--card);border:1px solid var(--line);border-radius:14px;
box-shadow:var(--shade);margin-bottom:.9rem;overflow:hidden}
article{display:grid;grid-template-columns:2.5rem minmax(0,1fr);column-gap:.75rem;
padding:.9rem 1rem .85rem;position:relative}
.thread article:not(:last-child)::after{content:"";position:absolute;left:2.2rem;top:3.85rem;
bottom:-.45rem;width:2px;background:var(--line)}
.thread article+article{padding-top:.45rem}
.avatar{width:2.5rem;height:2.5rem;border-radius:50%;display:grid;place-items:center;flex:none;
color:#fff;font-weight:650;font-size:.9rem;letter-spacing:.02em}
.h0{background:#b3392f}.h1{background:#a4551a}.h2{background:#7d6608}.h3{background:#4f7417}
.h4{background:#1c7a45}.h5{background:#127676}.h6{background:#1b6c9c}.h7{background:#2f5cc0}
.h8{background:#5a4bc4}.h9{background:#8040b5}.h10{background:#a23492}.h11{background:#b03060}
.by{display:flex;gap:.5rem;align-items:baseline;font-size:.875rem}
.by b{font-weight:650;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.by a{color:var(--soft);text-decoration:none;white-space:nowrap;margin-left:auto}
.by a:hover{text-decoration:underline}
.text{margin:.1rem 0 0;white-space:pre-wrap;overflow-wrap:anywhere}
.note{margin:.1rem 0 0;color:var(--soft);font-size:.8125rem}
.shots{display:grid;grid-template-columns:repeat(auto-fit,minmax(6rem,1fr));gap:4px;margin-top:.6rem;
border-radius:10px;overflow:hidden}
.shots img,.shots video{display:block;width:100%;max-height:22rem;object-fit:cover;
background:var(--line)}
.shots a.file{padding:.6rem .8rem;border:1px solid var(--line);border-radius:10px;
overflow-wrap:anywhere}
.fresh{animation:fresh 2.5s ease-out}
@keyframes fresh{from{background:var(--fresh)}to{background:transparent}}
.empty{max-width:44rem;margin:9vh auto;padding:0 1.25rem}
.empty h2{font-size:1.5rem;margin:0 0 .4rem;letter-spacing:-.015em}
.empty p{margin:.5rem 0}
pre{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.9rem 1rem;
font:13px/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;
white-space:pre-wrap;overflow-wrap:anywhere}
.more{color:var(--soft);font-size:.875rem;padding:0 .15rem}
.single{max-width:38rem;margin:1.5rem auto;padding:0 1.25rem}
.single .text{font-size:1.1rem}
.alone .columns{justify-content:center}
.alone .column{flex-basis:100%;max-width:38rem}
@media (max-width:700px){
.columns{flex-direction:column;padding:.75rem .75rem 2rem;gap:1.5rem;align-items:stretch}
.column{flex:none;max-width:none}
header.top,nav{padding-left:.9rem;padding-right:.9rem}
header.top{column-gap:.7rem}h1{font-size:1.05rem}.tally{font-size:.8125rem}
nav{flex-wrap:nowrap;overflow-x:auto}nav a{flex:none}
.faults{margin-left:.75rem;margin-right:.75rem}
.faults li{display:block;margin-left:0}}
@media (prefers-reduced-motion:reduce){.fresh{animation:none}}
"""

SCRIPT = """
(() => {
  const live = () => document.getElementById("live");
  const today = {hour: "2-digit", minute: "2-digit", second: "2-digit"};
  const other = {day: "numeric", month: "short", hour: "2-digit", minute: "2-digit"};
  const localise = root => root.querySelectorAll("time").forEach(time => {
    const when = new Date(time.dateTime);
    const same = when.toDateString() === new Date().toDateString();
    time.textContent = when.toLocaleString(undefined, same ? today : other);
    time.title = when.toLocaleString(undefined, {dateStyle: "full", timeStyle: "long"});
  });
  const lag = () => document.querySelectorAll("[data-until]").forEach(note => {
    const left = Math.ceil(note.dataset.until - Date.now() / 1000);
    note.hidden = left <= 0;
    note.textContent = "Reaches the search in " + left + " s";
  });
  const swap = fresh => {
    const old = live(), known = new Set(), shown = new Map();
    old.querySelectorAll("article").forEach(card => known.add(card.id));
    old.querySelectorAll("img, video").forEach(one => shown.set(one.getAttribute("src"), one));
    fresh.querySelectorAll("img, video").forEach(one => {
      const before = shown.get(one.getAttribute("src"));
      if (before) { shown.delete(one.getAttribute("src")); one.replaceWith(before); }
    });
    fresh.querySelectorAll("article").forEach(card => {
      if (!known.has(card.id)) card.classList.add("fresh");
    });
    localise(fresh);
    const left = old.querySelector(".columns")?.scrollLeft || 0;
    fresh.querySelector(".state").textContent = old.querySelector(".state").textContent;
    old.replaceWith(fresh);
    const columns = fresh.querySelector(".columns");
    if (columns) columns.scrollLeft = left;
    lag();
  };
  let busy = false, stale = false;
  const refresh = async () => {
    if (busy || document.hidden) { stale = true; return; }
    busy = true; stale = false;
    try {
      const text = await (await fetch(location.href, {cache: "no-store"})).text();
      const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("live");
      if (fresh) swap(document.adoptNode(fresh));
    } catch { stale = true; }
    busy = false;
    if (stale) setTimeout(refresh, 500);
  };
  const say = (state, words) => {
    document.body.className = state;
    document.querySelector(".state").textContent = words;
  };
  localise(document); lag(); setInterval(lag, 1000);
  if (!live()) return;
  document.addEventListener("visibilitychange", () => { if (stale) refresh(); });
  const stream = new EventSource("/events");
  stream.onopen = () => say("live", "live");
  stream.onerror = () => say("lost", "the sandbox is not answering");
  stream.onmessage = refresh;
})();
"""
