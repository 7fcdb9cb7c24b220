// The pages work without this script. It adds what HTML alone cannot do: local times, copying, dropped files, and a question before what cannot be undone.
(() => {
  "use strict";

  const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

  // The server writes UTC; the reader's own time stands in the title.
  const showTimes = root => {
    for (const time of root.querySelectorAll("time[datetime]:not([title])")) {
      time.title = local.format(new Date(time.dateTime));
    }
  };

  const copy = async button => {
    const source = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = "Copied";
    } catch {
      // A page without TLS has no clipboard, and a browser may refuse it.
      getSelection().selectAllChildren(source);
      button.textContent = "Selected";
    }
  };

  const take = async (area, file) => {
    area.querySelector("textarea").value = await file.text();
  };

  document.addEventListener("click", event => {
    const button = event.target.closest("[data-copy]");
    if (button) {
      copy(button);
    }
  });

  document.addEventListener("submit", event => {
    const question = event.target.dataset.ask ?? event.submitter?.dataset.ask;
    if (question && !window.confirm(question)) {
      event.preventDefault();
    }
  });

  document.addEventListener("change", event => {
    const area = event.target.closest(".drop");
    if (area && event.target.type === "file" && event.target.files[0]) {
      take(area, event.target.files[0]);
    }
  });

  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, event => {
      const area = event.target.closest?.(".drop");
      if (!area) {
        return;
      }

      event.preventDefault();
      area.classList.toggle("over", kind === "dragover");
      if (kind === "drop" && event.dataTransfer.files[0]) {
        take(area, event.dataTransfer.files[0]);
      }
    });
  }

  // A form that the script sends shows the page of a refusal, too, as every form does.
  document.addEventListener("htmx:beforeSwap", event => {
    if (event.detail.boosted) {
      event.detail.shouldSwap = true;
      event.detail.isError = false;
    }
  });

  // Rows that are asked for again and again keep what they had when there is no answer. The page says so.
  document.addEventListener("htmx:afterRequest", event => {
    const lost = document.getElementById("lost");
    if (lost && event.detail.elt.matches("[data-live]")) {
      lost.hidden = event.detail.successful;
    }
  });

  document.addEventListener("DOMContentLoaded", () => showTimes(document));
  document.addEventListener("htmx:load", event => showTimes(event.target));
})();
