package conformance

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	h264 "cardlink/templates/gallery/draw/clip"
)

// TestGalleryFilms plays the films of the gallery in a browser, on the pages of the cards that have one: under the pages' policy, from the edge, to the end, and with the colours of
// their covers, which are drawn and not filmed.
func TestGalleryFilms(t *testing.T) {
	tool(t, "chromium", "chromium-browser", "google-chrome")
	data := t.TempDir()
	a := newAccount(t, engine{}, data, "Example Mall")
	s := start(t, engine{}, data, "--allow-any-jump")
	b := startChromium(t)
	for _, film := range []struct {
		tpl    int
		w, h   int
		moment float64 // of the cover, in seconds
	}{
		{600000031, 640, 360, 2}, {600000032, 640, 360, 3}, {600000033, 640, 360, 1.6}, {600000034, 480, 640, 2.5},
	} {
		t.Run(fmt.Sprint(film.tpl), func(t *testing.T) {
			link := s.Edge + "/" + text(t, call(t, s, a, "/v1/aim/resolve-tasks", J{"tpl_id": fmt.Sprint(film.tpl), "sms_signs": []string{sign}, "resolving_times": 10, "aim_code_type": "group",
				"expiration_time": 30, "params": []J{{"cust_flag": "films"}}}), "params[0].aim_code")
			p := b.phoneTab(t, "light")
			defer p.close(t)
			p.open(t, link)
			var got struct {
				Width, Height, Ended int
				Duration, Difference float64
				Error                string
			}
			p.eval(t, fmt.Sprintf(`(async () => {
				const v = document.querySelector('video'), event = name => new Promise(done => v.addEventListener(name, done, {once: true}));
				const colours = (what, w, h) => { const c = document.createElement('canvas'); c.width = 16; c.height = 16; const g = c.getContext('2d'); g.drawImage(what, 0, 0, w, h, 0, 0, 16, 16); return g.getImageData(0, 0, 16, 16).data; };
				v.muted = true; v.playbackRate = 8;
				const ended = event('ended');
				try { await v.play(); } catch (e) { return {Error: String(e) + ' ' + (v.error ? v.error.message : '')}; }
				await ended;
				const out = {Width: v.videoWidth, Height: v.videoHeight, Ended: v.ended ? 1 : 0, Duration: v.duration, Error: v.error ? v.error.message : ''};
				const seeked = event('seeked'); v.currentTime = %v; await seeked;
				const cover = new Image(); cover.src = v.poster; await cover.decode();
				const film = colours(v, v.videoWidth, v.videoHeight), drawn = colours(cover, cover.naturalWidth, cover.naturalHeight);
				let sum = 0; for (let i = 0; i < film.length; i++) sum += Math.abs(film[i] - drawn[i]);
				out.Difference = sum / (film.length * 3 / 4);
				return out;
			})()`, film.moment), &got)
			if got.Error != "" || got.Width != film.w || got.Height != film.h || got.Ended != 1 || got.Duration != 4 {
				t.Errorf("played as %+v", got)
			}
			if got.Difference > 10 { // of 255, in the mean: the cover is a picture between two of the film's
				t.Errorf("the film's colours are %.1f away from its cover's", got.Difference)
			} else {
				t.Logf("colours %.1f away from the cover's", got.Difference)
			}
			if c := p.complaints(); c != "" {
				t.Errorf("the browser complains: %s", c)
			}
		})
	}
}

// TestFilmEncoder gives a browser films that use all an encoder of ours may write, noise among it, at every fineness: the last picture, which is made of all before, is what was
// drawn.
func TestFilmEncoder(t *testing.T) {
	tool(t, "chromium", "chromium-browser", "google-chrome")
	const w, h, n, rate = 102, 70, 12, 10
	films := map[string][]byte{}
	var last []byte
	for _, quantizer := range []int{12, 18, 24, 29} {
		r := rand.New(rand.NewPCG(uint64(quantizer), 1))
		var pictures []*image.RGBA
		for i := range n {
			m := image.NewRGBA(image.Rect(0, 0, w, h))
			for y := range h {
				for x := range w {
					m.SetRGBA(x, y, color.RGBA{uint8(60 + x), uint8(90 + y), uint8(150 - x/2), 255})
				}
			}
			for j := range 18 * 18 {
				c := color.RGBA{230, 40, 60, 255}
				if i%3 == 1 { // hard to code, and gone again at the end
					c = color.RGBA{uint8(r.IntN(2) * 255), uint8(r.IntN(2) * 255), uint8(r.IntN(2) * 255), 255}
				}
				m.SetRGBA(5*i+j%18, 3*i+j/18, c)
			}
			pictures = append(pictures, m)
		}
		data, err := h264.Encode(pictures, h264.Options{Rate: rate, Quantizer: quantizer})
		if err != nil {
			t.Fatal(err)
		}
		films[fmt.Sprintf("/%d.mp4", quantizer)] = data
		var b bytes.Buffer
		if err := png.Encode(&b, pictures[n-1]); err != nil {
			t.Fatal(err)
		}
		last = b.Bytes()
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch data, ok := films[r.URL.Path]; {
		case ok:
			http.ServeContent(w, r, r.URL.Path, time.Time{}, bytes.NewReader(data))
		case r.URL.Path == "/last.png":
			_, _ = w.Write(last)
		default:
			fmt.Fprint(w, "<!doctype html><title>films</title><link rel=icon href=data:,><video muted></video>")
		}
	}))
	defer site.Close()
	p := startChromium(t).phoneTab(t, "light")
	defer p.close(t)
	p.open(t, site.URL)
	for name := range films {
		var got struct {
			Error      string
			Difference float64
		}
		p.eval(t, fmt.Sprintf(`(async () => {
			const v = document.querySelector('video'), pixels = what => { const c = document.createElement('canvas'); c.width = %d; c.height = %d; const g = c.getContext('2d'); g.drawImage(what, 0, 0); return g.getImageData(0, 0, c.width, c.height).data; };
			v.src = %q;
			const ended = new Promise(done => { v.addEventListener('ended', done, {once: true}); v.addEventListener('error', done, {once: true}); });
			try { await v.play(); } catch (e) { return {Error: String(e)}; }
			await ended;
			if (v.error) return {Error: v.error.message};
			// What is shown at the end may be a picture before the last where the machine is too slow for all of them; a picture that is sought is there once it is found.
			const seeked = new Promise(done => v.addEventListener('seeked', done, {once: true})); v.currentTime = %v; await seeked;
			const drawn = new Image(); drawn.src = '/last.png'; await drawn.decode();
			const a = pixels(v), b = pixels(drawn);
			let sum = 0; for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
			return {Difference: sum / (a.length * 3 / 4)};
		})()`, w, h, name, (n-.5)/rate), &got)
		if got.Error != "" || got.Difference > 4 { // of 255, in the mean: colours have half the pixels
			t.Errorf("%s: %+v", name, got)
		} else {
			t.Logf("%s: %.2f away", name, got.Difference)
		}
	}
}
