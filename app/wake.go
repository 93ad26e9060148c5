package app

import "sync/atomic"

// wakers connect who writes with who should look at once, when both live in this process; across processes the receivers look by themselves. Each is set when its role
// starts and may be called before: then nobody is woken.
type wakers struct {
	dispatcher, videos, sender, relay atomic.Pointer[func()]
}

func (w *wakers) queued() {
	call(&w.dispatcher)
	call(&w.relay)
}

func (w *wakers) videosQueued() {
	call(&w.videos)
	call(&w.relay) // what was refused at once is a fact already
}

func (w *wakers) deliveries() { call(&w.sender) }

func call(p *atomic.Pointer[func()]) {
	if fn := p.Load(); fn != nil {
		(*fn)()
	}
}
