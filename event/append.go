package event

import (
	"encoding/binary"
	"strconv"
	"time"
	"unicode/utf8"
)

// The facts of the edge are written once per visitor, so they have encoders beside Record that append to the caller's buffer and
// allocate nothing. They say the same as Record: Decode gives equal facts (append_test.go).

// AppendFrame appends d as a framed record (frame.go), as AppendRecord(dst, r.Topic, r.Key, r.Value) would for r := d.Record(tenant).
// It allocates only when dst must grow and keeps nothing of d.
func (d *ParseResult) AppendFrame(dst []byte, tenant string) []byte {
	return d.AppendValue(appendFrameHead(dst, TopicParse, d.AimURL), tenant)
}

// AppendValue appends d's CloudEvents JSON.
func (d *ParseResult) AppendValue(dst []byte, tenant string) []byte {
	dst = append(dst, `{"specversion":"1.0","id":"`...)
	if d.Result == ResultSuccess && !d.Repeat {
		dst = append(dst, "prs:"...)
		dst = appendText(dst, d.AimURL)
		dst = append(dst, ':')
		dst = strconv.AppendInt(dst, d.Ordinal, 10)
	} else {
		dst = append(dst, "prf:"...)
		dst = appendText(dst, d.ResolveID)
	}
	dst = appendEnvelope(dst, SourceEdge, TypeParseResult, tenant, d.ParsedAt)
	dst = append(dst, `{"resolve_id":"`...)
	dst = appendText(dst, d.ResolveID)
	dst = appendMember(dst, "task_id", d.TaskID)
	dst = appendMember(dst, "aim_code", d.AimCode)
	dst = appendMember(dst, "aim_url", d.AimURL)
	dst = appendMember(dst, "aim_code_type", d.AimCodeType)
	dst = append(dst, `","link_id":`...)
	dst = strconv.AppendInt(dst, d.LinkID, 10)
	dst = append(dst, `,"ordinal":`...)
	dst = strconv.AppendInt(dst, d.Ordinal, 10)
	dst = append(dst, `,"repeat":`...)
	dst = strconv.AppendBool(dst, d.Repeat)
	dst = append(dst, `,"vendor":"`...)
	dst = appendText(dst, d.Vendor)
	dst = appendOptional(dst, "model", d.Model)
	dst = appendMember(dst, "tpl_id", d.TplID)
	dst = append(dst, `","tpl_version":`...)
	dst = strconv.AppendInt(dst, int64(d.TplVersion), 10)
	dst = append(dst, `,"result":"`...)
	dst = appendText(dst, d.Result)
	dst = appendOptional(dst, "reason", d.Reason)
	dst = appendOptional(dst, "device_ref", d.DeviceRef)
	dst = appendOptional(dst, "node", d.Node)
	dst = appendOptional(dst, "visitor_ref", d.VisitorRef)
	if d.FromSend {
		dst = append(dst, `","from_send":true,"parsed_at":"`...)
	} else {
		dst = append(dst, `","parsed_at":"`...)
	}
	dst = d.ParsedAt.AppendFormat(dst, time.RFC3339Nano)
	return append(dst, `"}}`...)
}

// AppendFrame appends d as a framed record, like ParseResult.AppendFrame.
func (d *LinkClick) AppendFrame(dst []byte, tenant string) []byte {
	return d.AppendValue(appendFrameHead(dst, TopicLink, d.AimURL), tenant)
}

// AppendValue appends d's CloudEvents JSON.
func (d *LinkClick) AppendValue(dst []byte, tenant string) []byte {
	dst = append(dst, `{"specversion":"1.0","id":"clk:`...)
	dst = appendText(dst, d.RequestID)
	dst = appendEnvelope(dst, SourceEdge, TypeLinkClick, tenant, d.ClickedAt)
	dst = append(dst, `{"request_id":"`...)
	dst = appendText(dst, d.RequestID)
	dst = appendMember(dst, "aim_code", d.AimCode)
	dst = appendMember(dst, "aim_url", d.AimURL)
	dst = appendMember(dst, "tpl_id", d.TplID)
	dst = appendMember(dst, "target", d.Target)
	dst = appendMember(dst, "ua_class", d.UAClass)
	dst = append(dst, `","bot":`...)
	dst = strconv.AppendBool(dst, d.Bot)
	dst = append(dst, `,"ip_prefix_hash":"`...)
	dst = appendText(dst, d.IPPrefixHash)
	dst = appendOptional(dst, "visitor_ref", d.VisitorRef)
	dst = appendOptional(dst, "referrer_host", d.ReferrerHost)
	dst = append(dst, `","clicked_at":"`...)
	dst = d.ClickedAt.AppendFormat(dst, time.RFC3339Nano)
	return append(dst, `"}}`...)
}

// AppendFrame appends d as a framed record, like ParseResult.AppendFrame.
func (d *CardExpose) AppendFrame(dst []byte, tenant string) []byte {
	dst = appendFrameHead(dst, TopicLink, d.AimURL)
	dst = appendBeaconID(dst, "exp:", d.ResolveID, d.ClientSeq)
	dst = appendEnvelope(dst, SourceEdge, TypeCardExpose, tenant, d.ExposedAt)
	dst = append(dst, `{"resolve_id":"`...)
	dst = appendText(dst, d.ResolveID)
	dst = append(dst, `","client_seq":`...)
	dst = strconv.AppendInt(dst, d.ClientSeq, 10)
	dst = append(dst, `,"aim_code":"`...)
	dst = appendText(dst, d.AimCode)
	dst = appendMember(dst, "aim_url", d.AimURL)
	dst = appendMember(dst, "tpl_id", d.TplID)
	dst = appendMember(dst, "vendor", d.Vendor)
	dst = appendOptional(dst, "device_ref", d.DeviceRef)
	dst = append(dst, `","page":`...)
	dst = strconv.AppendInt(dst, int64(d.Page), 10)
	if d.Implied {
		dst = append(dst, `,"implied":true`...)
	}
	if d.VisitorRef != "" {
		dst = append(dst, `,"visitor_ref":"`...)
		dst = appendText(dst, d.VisitorRef)
		dst = append(dst, '"')
	}
	dst = append(dst, `,"exposed_at":"`...)
	dst = d.ExposedAt.AppendFormat(dst, time.RFC3339Nano)
	return append(dst, `"}}`...)
}

// AppendFrame appends d as a framed record, like ParseResult.AppendFrame.
func (d *CardClick) AppendFrame(dst []byte, tenant string) []byte {
	dst = appendFrameHead(dst, TopicLink, d.AimURL)
	dst = appendBeaconID(dst, "cck:", d.ResolveID, d.ClientSeq)
	dst = appendEnvelope(dst, SourceEdge, TypeCardClick, tenant, d.ClickedAt)
	dst = append(dst, `{"resolve_id":"`...)
	dst = appendText(dst, d.ResolveID)
	dst = append(dst, `","client_seq":`...)
	dst = strconv.AppendInt(dst, d.ClientSeq, 10)
	dst = append(dst, `,"aim_url":"`...)
	dst = appendText(dst, d.AimURL)
	dst = appendMember(dst, "tpl_id", d.TplID)
	dst = appendMember(dst, "vendor", d.Vendor)
	dst = append(dst, `","position_number":`...)
	dst = strconv.AppendInt(dst, int64(d.PositionNumber), 10)
	dst = append(dst, `,"page_order":`...)
	dst = strconv.AppendInt(dst, int64(d.PageOrder), 10)
	dst = append(dst, `,"action_type":"`...)
	dst = appendText(dst, d.ActionType)
	dst = appendOptional(dst, "device_ref", d.DeviceRef)
	dst = appendOptional(dst, "visitor_ref", d.VisitorRef)
	dst = append(dst, `","clicked_at":"`...)
	dst = d.ClickedAt.AppendFormat(dst, time.RFC3339Nano)
	return append(dst, `"}}`...)
}

// appendBeaconID opens the envelope of a beacon's fact, up to the open text of its id.
func appendBeaconID(dst []byte, kind, resolveID string, seq int64) []byte {
	dst = append(dst, `{"specversion":"1.0","id":"`...)
	dst = append(dst, kind...)
	dst = appendText(dst, resolveID)
	dst = append(dst, ':')
	return strconv.AppendInt(dst, seq, 10)
}

// AppendValue appends d's CloudEvents JSON. Links are created a hundred at a time, which makes the general encoder worth passing by.
func (d *LinkCreated) AppendValue(dst []byte, tenant string, at time.Time) []byte {
	dst = append(dst, `{"specversion":"1.0","id":"lnk:`...)
	dst = appendText(dst, d.AimURL)
	dst = appendEnvelope(dst, SourceAPI, TypeLinkCreated, tenant, at)
	dst = append(dst, `{"task_id":"`...)
	dst = appendText(dst, d.TaskID)
	dst = appendMember(dst, "aim_code", d.AimCode)
	dst = appendMember(dst, "aim_url", d.AimURL)
	dst = appendMember(dst, "aim_code_type", d.AimCodeType)
	dst = appendMember(dst, "tpl_id", d.TplID)
	dst = append(dst, `","tpl_version":`...)
	dst = strconv.AppendInt(dst, int64(d.TplVersion), 10)
	dst = append(dst, `,"resolving_times":`...)
	dst = strconv.AppendInt(dst, d.ResolvingTimes, 10)
	dst = append(dst, `,"expire_at":"`...)
	dst = d.ExpireAt.AppendFormat(dst, time.RFC3339Nano)
	return append(dst, `"}}`...)
}

// appendFrameHead is AppendRecord up to the value, with the key as a string.
func appendFrameHead(dst []byte, topic, key string) []byte {
	dst = append(dst, topicCode(topic)) // a topic of the fixed list
	dst = binary.AppendUvarint(dst, uint64(len(key)))
	return append(dst, key...)
}

// appendEnvelope continues an envelope after the open text of its id, up to the value of data.
func appendEnvelope(dst []byte, source string, t Type, tenant string, at time.Time) []byte {
	dst = append(dst, `","source":"`...)
	dst = append(dst, source...)
	dst = append(dst, `","type":"`...)
	dst = append(dst, t...)
	dst = append(dst, `","subject":"`...)
	dst = appendText(dst, tenant)
	dst = append(dst, `","time":"`...)
	dst = at.UTC().AppendFormat(dst, time.RFC3339Nano)
	return append(dst, `","datacontenttype":"application/json","data":`...)
}

// appendMember closes the open text before it and opens the text of a member.
func appendMember(dst []byte, name, value string) []byte {
	dst = append(dst, `","`...)
	dst = append(dst, name...)
	dst = append(dst, `":"`...)
	return appendText(dst, value)
}

// appendOptional is appendMember for a member that is left out when empty.
func appendOptional(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendMember(dst, name, value)
}

// appendText appends s as the inside of a JSON string. Bytes that are no UTF-8 become U+FFFD, as encoding/json has it.
func appendText(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	i := plainPrefix(s)
	if i == len(s) { // codes, ids, addresses: nearly every value
		return append(dst, s...)
	}
	start := 0
	for i < len(s) {
		c := s[i]
		if c >= ' ' && c < utf8.RuneSelf && c != '"' && c != '\\' {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			dst = append(dst, s[start:i]...)
			if c == '"' || c == '\\' {
				dst = append(dst, '\\', c)
			} else {
				dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
			}
			i++
			start = i
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[start:i]...)
			dst = append(dst, "\ufffd"...)
			start = i + 1
		}
		i += size
	}
	return append(dst, s[start:]...)
}

// plainPrefix is how many leading bytes of s stand in a JSON string as they are, rounded down to eights unless it is all of s. Eight bytes are looked at at once: none
// may be a control byte, a quote, a backslash or the beginning of a longer rune.
func plainPrefix(s string) int {
	const (
		ones = 0x0101010101010101
		high = 0x8080808080808080
	)
	i := 0
	for ; i+8 <= len(s); i += 8 {
		w := uint64(s[i]) | uint64(s[i+1])<<8 | uint64(s[i+2])<<16 | uint64(s[i+3])<<24 |
			uint64(s[i+4])<<32 | uint64(s[i+5])<<40 | uint64(s[i+6])<<48 | uint64(s[i+7])<<56
		quote, slash := w^(ones*'"'), w^(ones*'\\')
		if (w|(w-ones*' ')|((quote-ones)&^quote)|((slash-ones)&^slash))&high != 0 {
			return i
		}
	}
	for j := i; j < len(s); j++ {
		if c := s[j]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			return i
		}
	}
	return len(s)
}
