package conformance

import (
	"fmt"
	"strings"
	"testing"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/koomessage/v1/model"
)

// Every gallery card's preview fits a phone and a computer: nothing wider than the screen, no complaint of the browser, every target in its place, its dialogs inside its phone;
// and the form shows other values without a script.
func TestPreviewPages(t *testing.T) {
	tool(t, "chromium", "chromium-browser", "google-chrome")
	data := t.TempDir()
	newAccount(t, engine{}, data, "Example Mall")
	s := start(t, engine{}, data)
	b := startChromium(t)
	for _, scheme := range []string{"light", "dark"} {
		p := b.phoneTab(t, scheme)
		for _, id := range []int{3, 12, 16, 19, 21, 30} {
			for _, width := range []int{320, 390, 1280} {
				p.screen(t, width)
				url := fmt.Sprintf("%s/p/%d?lang=zh", s.Edge, 600_000_000+id)
				p.open(t, url)
				var got struct {
					Wide, Phones, Narrow int
					First                string
				}
				p.eval(t, `(() => { const phones = [...document.querySelectorAll('.phone')]; return {
					wide: document.documentElement.scrollWidth - innerWidth, phones: phones.length, narrow: phones.filter(p => p.clientWidth < 280).length,
					first: document.querySelector('.target').id }; })()`, &got)
				if got.Wide > 0 || got.Phones != 7 || got.Narrow > 0 || got.First != "H5" {
					t.Errorf("%s at %d px: %+v", url, width, got)
				}
			}
		}
		if c := p.complaints(); c != "" {
			t.Errorf("the browser complains: %s", c)
		}
		p.close(t)
	}

	p := b.phoneTab(t, "light")
	defer p.close(t)
	p.screen(t, 1280)
	p.open(t, s.Edge+"/p/600000021?lang=en&theme=dark")
	p.eval(t, `(() => { document.querySelector('.values summary').click(); document.querySelector('.values input[type=hidden] ~ label input').value = 'A<b>"&'; })()`, nil)
	p.follow(t, `document.querySelector('.values button').click()`)
	var shown struct{ Value, Query, Scheme string }
	p.eval(t, `({ value: document.querySelector('.values label input').value, query: new URLSearchParams(location.search).get('theme') + new URLSearchParams(location.search).get('lang'),
		scheme: getComputedStyle(document.documentElement).colorScheme })`, &shown)
	if shown.Value != `A<b>"&` || shown.Query != "darken" || shown.Scheme != "dark" {
		t.Errorf("the form shows %+v", shown)
	}
	if c := p.complaints(); c != "" {
		t.Errorf("the browser complains: %s", c)
	}
}

// What preview_url says opens the template, after a restart too; its id, and the address with a character changed, open nothing, exactly as an id that was never given.
func TestPreviewAddresses(t *testing.T) {
	data := t.TempDir()
	a := newAccount(t, engine{}, data, "Example Mall")
	s := start(t, engine{}, data)
	c := sdk(t, s, a)
	up, err := c.UploadAimTemplateMaterial(&model.UploadAimTemplateMaterialRequest{ContentType: "application/json", Body: &model.UploadAimTemplateMaterialRequestBody{
		ResourceType: "image", FileType: "stream", FileStream: new(photo(t, 1248, 702)), ImageRate: new("sixteenToNine"), FileName: new("sale.jpg"),
	}})
	id := createCard(t, c, *must(t, "picture", up, err).Data.AimResourceId, "全场五折，拒收请回复R", nil)
	list, err := c.ListAimTemplates(&model.ListAimTemplatesRequest{TplId: &id})
	address := *(*must(t, "templates", list, err).Templates)[0].PreviewUrl
	open := func(path string) (int, string) {
		r := fetch(t, path)
		r.Header.Del("Date")
		return r.Status, fmt.Sprint(r.Header, r.Body)
	}
	check := func() {
		t.Helper()
		if status, body := open(address); status != 200 || !strings.Contains(body, "春季上新") {
			t.Errorf("%s: %d", address, status)
		}
		_, never := open(s.Edge + "/p/699999999")
		for _, guess := range []string{s.Edge + "/p/" + id, address[:len(address)-1] + "1", strings.Replace(address, "-1-", "-2-", 1)} {
			if status, body := open(guess); status != 404 || body != never {
				t.Errorf("%s: %d %s", guess, status, body)
			}
		}
	}
	check()
	before := s.Edge
	s.stop(t)
	s = start(t, engine{}, data)
	address = strings.Replace(address, before, s.Edge, 1)
	check()
}
