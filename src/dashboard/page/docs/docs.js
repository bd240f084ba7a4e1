/** Puts a link to the status page into the bar of Swagger UI, which draws itself when the page has loaded. */
function addLink() {
  const bar = document.querySelector('.swagger-ui .topbar-wrapper');
  if (!bar || bar.querySelector('.back')) return;
  const link = document.createElement('a');
  link.className = 'back';
  link.href = '/';
  link.textContent = '← Ordermill: status page';
  bar.prepend(link);
}

document.documentElement.lang = 'en';
new MutationObserver(addLink).observe(document.body, { childList: true, subtree: true });
