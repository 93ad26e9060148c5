package edge

import "unsafe"

// text views b as a string without copying. The string must not outlive b's content: it may be passed down a call, never kept.
func text(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
