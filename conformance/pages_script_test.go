package conformance

// pageScript looks at a page from inside the browser and reports a seenPage. Texts on pictures are left out of the contrast check: the page lays a shade under them.
const pageScript = `(async () => {
	for (const img of document.images) img.loading = 'eager';
	await Promise.all([...document.images].map(img => img.decode().catch(() => {})));
	await document.fonts.ready;
	const root = document.documentElement;
	const out = {Wide: Math.max(0, root.scrollWidth - root.clientWidth), Pictures: [], Hidden: [], Faint: [], Small: [], Nameless: [], H1: document.querySelectorAll('h1').length};
	for (const img of document.images) if (!img.classList.contains('seen') && !(img.complete && img.naturalWidth > 0)) out.Pictures.push(img.src);
	const parse = s => (s.match(/rgba?\([^)]*\)|color\(srgb [^)]*\)/g) || []).map(c => {
		const n = c.match(/[\d.]+/g).map(Number), k = c.startsWith('color') ? 255 : 1;
		return [n[0]*k, n[1]*k, n[2]*k, n.length > 3 ? n[3] : 1];
	});
	const over = (top, under) => [0, 1, 2].map(i => top[i]*top[3] + under[i]*(1 - top[3])).concat(1);
	const light = c => { const l = c.slice(0, 3).map(v => (v /= 255) <= .03928 ? v/12.92 : ((v + .055)/1.055)**2.4); return .2126*l[0] + .7152*l[1] + .0722*l[2]; };
	const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05)/(y + .05); };
	// grounds are the colours that may lie under an element: one, or the stops of a gradient; null for a picture.
	const grounds = el => {
		let layers = [];
		for (let e = el; e; e = e.parentElement) {
			const s = getComputedStyle(e);
			if (e.matches('.hero h1, .hero h2, .slide i') || e.querySelector(':scope > .bg')) return null;
			const colours = s.backgroundImage.includes('gradient') ? parse(s.backgroundImage) : parse(s.backgroundColor);
			if (colours.some(c => c[3] > 0)) layers.unshift(colours);
			if (colours.length && colours.every(c => c[3] === 1)) break;
		}
		let under = [[255, 255, 255, 1]];
		for (const l of layers) under = l.flatMap(c => under.map(u => over(c, u)));
		return under;
	};
	const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n; n = walker.nextNode();) {
		const words = n.textContent.trim(), el = n.parentElement;
		if (!words || ['STYLE', 'TITLE'].includes(el.tagName)) continue;
		const style = getComputedStyle(el);
		if (el.closest('details:not([open])') && !el.closest('summary') || el.closest('.pop, .zoom, .desk')) continue;
		const range = document.createRange();
		range.selectNodeContents(n);
		const boxes = [...range.getClientRects()];
		const strip = el.closest('.strip');
		if (!boxes.some(r => r.width > 0 && r.height > 0) || style.visibility !== 'visible' || !strip && boxes.some(r => r.left < -.5 || r.right > root.clientWidth + .5)) out.Hidden.push(words);
		const cut = el.closest('.card');
		if (cut && !strip) { const c = cut.getBoundingClientRect(); if (boxes.some(r => r.bottom > c.bottom + 1)) out.Hidden.push('outside of its card: ' + words); }
		const colour = parse(style.color)[0], under = grounds(el);
		if (!under) continue;
		const size = parseFloat(style.fontSize), enough = size >= 24 || size >= 18.6 && style.fontWeight >= 700 ? 3 : 4.5;
		const least = Math.min(...under.map(u => contrast(over(colour, u), u)));
		if (least < enough) out.Faint.push(least.toFixed(2) + ' ' + words + ' ' + style.color + ' on ' + under.map(u => u.map(Math.round).slice(0, 3).join(' ')).join(' / '));
	}
	for (const el of document.querySelectorAll('main .btn')) { const r = el.getBoundingClientRect(); if (r.height < 43.5 || r.width < 43.5) out.Small.push(el.textContent + ' ' + r.width + '×' + r.height); }
	for (const el of document.querySelectorAll('a[href], video')) {
		const name = el.textContent.trim() || el.getAttribute('aria-label') || [...el.querySelectorAll('img')].map(i => i.alt).join('');
		if (!name && !el.closest('.zoom')) out.Nameless.push(el.outerHTML.slice(0, 160));
	}
	out.Text = document.body.innerText.replace(/\s+/g, '');
	out.Dark = light(parse(getComputedStyle(document.body).backgroundColor)[0]) < .2;
	return out;
})()`
