package clip

// residual writes the coefficients of a block, which stand in scanning order (7.3.5.3.2). expected is the number of coefficients that the blocks around suggest, -1 for the DC
// coefficients of a colour. It returns how many are not zero.
func residual(w *bitWriter, coefficients []int, expected int) int {
	var levels, runs []int // of what is not zero, the last first; runs count the zeros before
	run := 0
	for _, c := range coefficients {
		if c == 0 {
			run++
			continue
		}
		levels, runs = append(levels, c), append(runs, run)
		run = 0
	}
	total := len(levels)
	reverse(levels)
	reverse(runs)
	ones := 0
	for ones < min(total, 3) && (levels[ones] == 1 || levels[ones] == -1) {
		ones++
	}
	w.token(total, ones, expected)
	if total == 0 {
		return 0
	}
	for _, l := range levels[:ones] {
		w.flag(l < 0)
	}
	size := 0 // of a suffix
	if total > 10 && ones < 3 {
		size = 1
	}
	for i, l := range levels[ones:] {
		code := 2*l - 2
		if l < 0 {
			code = -2*l - 1
		}
		if i == 0 && ones < 3 {
			code -= 2 // ±1 would be one of the ones
		}
		w.level(code, size)
		size = max(size, 1)
		if max(l, -l) > 3<<(size-1) && size < 6 {
			size++
		}
	}
	zeros := 0
	for _, r := range runs {
		zeros += r
	}
	switch {
	case total == len(coefficients):
	case expected < 0:
		w.word(totalZerosDC[total-1][zeros])
	default:
		w.word(totalZeros[total-1][zeros])
	}
	for _, r := range runs[:total-1] {
		if zeros == 0 {
			break
		}
		w.word(runBefore[min(zeros, 7)-1][r])
		zeros -= r
	}
	return total
}

func reverse(s []int) {
	for i, j := 0, len(s)-1; i < j; i, j = i+1, j-1 {
		s[i], s[j] = s[j], s[i]
	}
}

// token writes coeff_token.
func (w *bitWriter) token(total, ones, expected int) {
	switch {
	case expected < 0:
		w.word(coeffTokenDC[total][ones])
	case expected >= 8 && total == 0:
		w.put(3, 6)
	case expected >= 8:
		w.put(uint32((total-1)<<2|ones), 6)
	default:
		w.word(coeffToken[[8]int{0, 0, 1, 1, 2, 2, 2, 2}[expected]][total][ones])
	}
}

// level writes level_prefix, as many zeros and a one, and a suffix of the given size (9.2.2.1). minQuantizer keeps code below what 12 bits can escape.
func (w *bitWriter) level(code, size int) {
	const escape = 15
	prefix := func(n int) {
		w.put(0, n)
		w.put(1, 1)
	}
	switch {
	case size == 0 && code < 14:
		prefix(code)
	case size == 0 && code < 30:
		prefix(14)
		w.put(uint32(code-14), 4)
	case size == 0:
		prefix(escape)
		w.put(uint32(code-30), 12)
	case code < escape<<size:
		prefix(code >> size)
		w.put(uint32(code&(1<<size-1)), size)
	default:
		prefix(escape)
		w.put(uint32(code-escape<<size), 12)
	}
}
