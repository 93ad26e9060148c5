package sim

import (
	"cardlink/dispatch/carrier"
	"cardlink/dispatch/carrier/cmpp"
)

// check is what a strict gateway says to a SUBMIT: the result of the first rule that it breaks, or 0 (carriers.md §4.3).
func check(o *Options, spid string, s *cmpp.Submit) uint32 {
	switch {
	case s.Total == 0, s.Number == 0, s.Number > s.Total, s.Report > 2, s.FeeUser > 3, !validTime(s.ValidTime), !validTime(s.AtTime):
		return cmpp.ResultStructure
	case len(s.Content) == 0:
		return cmpp.ResultLength
	case !feeType(s.FeeType), len(s.FeeCode) == 0, !digits(s.FeeCode):
		return cmpp.ResultFeeCode
	case s.FeeUser == 3 && len(s.FeeTerminal) == 0:
		return cmpp.ResultFeeNumber
	case o.ServiceID != "" && string(s.Service) != o.ServiceID:
		return cmpp.ResultService
	case string(s.Src) != spid:
		return cmpp.ResultMsgSrc
	case len(s.Source) == 0, !digits(s.Source), len(s.Source) < len(o.AccessNumber), string(s.Source[:len(o.AccessNumber)]) != o.AccessNumber:
		return cmpp.ResultSource
	}
	if result := checkContent(s); result != 0 {
		return result
	}
	for _, d := range s.Dest {
		if !mobile(d) {
			return cmpp.ResultDest
		}
	}
	return 0
}

// checkContent looks at format, length and header.
func checkContent(s *cmpp.Submit) uint32 {
	most := cmpp.MaxContent
	text := s.Content
	if cmpp.HasUDH(s.UDHI) {
		c, rest, ok := carrier.CutHeader(s.Content)
		if !ok || (c.Total != 0 && (c.Total != s.Total || c.Number != s.Number)) {
			return cmpp.ResultStructure
		}
		text = rest
	}
	switch s.Format {
	case carrier.FormatASCII:
		most = cmpp.MaxASCII
		for _, b := range text {
			if b >= 0x80 {
				return cmpp.ResultStructure
			}
		}
	case carrier.FormatUCS2, carrier.FormatUCS2NS:
		if len(text)%2 != 0 {
			return cmpp.ResultStructure
		}
	case carrier.FormatGBK, carrier.FormatBinary, 3:
	default:
		return cmpp.ResultStructure
	}
	if len(s.Content) > most {
		return cmpp.ResultTooLong
	}
	return 0
}

func digits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// mobile is a mainland number of eleven digits, or with 86 before.
func mobile(b []byte) bool {
	if len(b) == 13 && b[0] == '8' && b[1] == '6' {
		b = b[2:]
	}
	return len(b) == 11 && b[0] == '1' && digits(b)
}

func feeType(b []byte) bool { return len(b) == 2 && b[0] == '0' && b[1] >= '1' && b[1] <= '5' }

// validTime is empty or YYMMDDhhmmss and tnn and a sign.
func validTime(b []byte) bool {
	if len(b) == 0 {
		return true
	}
	if len(b) != 16 || !digits(b[:15]) {
		return false
	}
	two := func(i int) int { return int(b[i]-'0')*10 + int(b[i+1]-'0') }
	sign := b[15] == '+' || b[15] == '-' || b[15] == 'R'
	return sign && two(2) >= 1 && two(2) <= 12 && two(4) >= 1 && two(4) <= 31 && two(6) < 24 && two(8) < 60 && two(10) < 60
}
