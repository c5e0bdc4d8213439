// Filters the form while somebody types, and keeps what is filled in. Without this script the button does it.

const filter = document.getElementById('settings-filter');
const find = document.getElementById('find');
const differing = document.getElementById('differing');
const sections = [...document.querySelectorAll('.settings details')];
const wereOpen = new Map(sections.map((section) => [section, section.open]));

function narrow() {
  const text = find.value.trim().toLowerCase();
  const narrowed = text !== '' || differing.checked;
  for (const section of sections) {
    const name = section.id.slice('section-'.length).toLowerCase();
    let shown = 0;
    for (const row of section.querySelectorAll('.setting')) {
      const fits =
        (name.includes(text) || row.dataset.words.includes(text)) &&
        (!differing.checked || row.dataset.differs === 'yes');
      row.hidden = !fits && row.querySelector('[aria-invalid]') === null;
      if (!row.hidden) shown += 1;
    }
    section.hidden = shown === 0;
    section.open = narrowed ? shown > 0 : wereOpen.get(section);
  }
}

if (filter !== null) {
  find.addEventListener('input', narrow);
  differing.addEventListener('change', narrow);
  filter.addEventListener('submit', (event) => {
    event.preventDefault();
    narrow();
  });
}

// A fault leads to its field, also in a section that is closed.
for (const link of document.querySelectorAll('.problem a[href^="#"]')) {
  link.addEventListener('click', () => {
    const field = document.querySelector(link.getAttribute('href'));
    field?.closest('details')?.setAttribute('open', '');
    field?.focus();
  });
}
