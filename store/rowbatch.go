package store

import "slices"

// rowBatch writes the JSON array of arrays that a batch statement takes as its parameter: begin, cells, end, for every row.
type rowBatch struct {
	b []byte
	n int // rows
}

func (r *rowBatch) begin() {
	if r.n == 0 {
		r.b = append(r.b[:0], '[')
	} else {
		r.b = append(r.b, ',')
	}
	r.b = append(r.b, '[')
	r.n++
}

func (r *rowBatch) int(n int64) *rowBatch {
	r.comma()
	r.b = appendInt(r.b, n)
	return r
}

func (r *rowBatch) text(s string) *rowBatch {
	r.comma()
	r.b = appendJSON(r.b, s)
	return r
}

func (r *rowBatch) comma() {
	if r.b[len(r.b)-1] != '[' {
		r.b = append(r.b, ',')
	}
}

func (r *rowBatch) end() { r.b = append(r.b, ']') }

// arg is the parameter. The batch may go on afterwards.
func (r *rowBatch) arg() string {
	if r.n == 0 {
		return "[]"
	}
	return string(append(slices.Clip(r.b), ']'))
}

// ids is the parameter of a batch of one number a row.
func ids(ns []int64) string {
	var r rowBatch
	for _, n := range ns {
		r.begin()
		r.int(n).end()
	}
	return r.arg()
}
