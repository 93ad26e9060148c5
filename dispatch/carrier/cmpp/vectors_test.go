package cmpp

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"cardlink/dispatch/carrier"

	"github.com/google/go-cmp/cmp"
)

// The vectors of carriers.md §11: made by independent encoders, so a mistake in ours cannot hide in a round trip.
var (
	vecMoment = time.Date(2026, 3, 4, 5, 6, 7, 0, gatewayZone)
	vecMsgID  = MsgID(0x318285180001e241)
	vecSubmit = Submit{
		Total: 1, Number: 1, Report: 1, Level: 1, Service: []byte("svc"), FeeUser: 2, Format: 8, Src: []byte("901234"), FeeType: []byte("01"),
		FeeCode: []byte("000000"), Source: []byte("1069001234"), Dest: [][]byte{[]byte("13800138000")}, Content: unhex("4f60597d"),
	}
	vecReport = Report{
		MsgID: vecMsgID, Stat: []byte("DELIVRD"), Submitted: []byte("2603040506"), Done: []byte("2603040507"), Dest: []byte("13800138000"), SMSC: 7,
	}
	vecReport60 = unhex(`318285180001e24144454c49565244323630333034303530363236303330343035303731333830303133383030300000000000000000000000000007`)
	vecReport71 = unhex(`318285180001e24144454c4956524432363033303430353036323630333034303530373133383030313338303030000000000000000000000000000000000000
		00000000000007`)
	vecDeliver = Deliver{MsgID: 0x1122334455667788, Dest: []byte("1069001234"), Service: []byte("svc"), Src: []byte("13800138000"), Report: 1}
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		panic(err)
	}
	return b
}

func must(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// with is d carrying content.
func (d Deliver) with(format, report uint8, content []byte) *Deliver {
	d.Format, d.Report, d.Content = format, report, content
	return &d
}

func TestEncodeVectors(t *testing.T) {
	stamp := Timestamp(vecMoment)
	auth := AuthSource("901234", "secret", stamp)
	for _, c := range []struct {
		name string
		got  []byte
		want string
	}{
		{"AuthenticatorSource", auth[:], "db463883b1320c8e24823293dc19ff00"},
		{"CONNECT 3.0", must(AppendConnect(nil, 1, Connect{SourceAddr: "901234", Auth: auth, Version: V30, Timestamp: stamp})),
			"000000270000000100000001393031323334db463883b1320c8e24823293dc19ff0030121f71af"},
		{"CONNECT_RESP 2.0", AppendConnectResp(nil, V20, 1, ConnectResp{Auth: AuthGateway(0, 1, auth, "secret"), Version: V20}),
			"0000001e800000010000000100c6260c6624234a0b127b2fdc854d683d20"},
		{"CONNECT_RESP 3.0", AppendConnectResp(nil, V30, 1, ConnectResp{Auth: AuthGateway(0, 4, auth, "secret"), Version: V30}),
			"00000021800000010000000100000000fac30a1f6168949bf545428fac912c8830"},
		{"SUBMIT 2.0", must(AppendSubmit(nil, V20, 2, &vecSubmit)), `
			000000a3000000040000000200000000000000000101010173766300000000000000020000000000000000000000000000000000000000000000083930313233
			34303130303030303000000000000000000000000000000000000000000000000000000000000000000000313036393030313233340000000000000000000000
			01313338303031333830303000000000000000000000044f60597d0000000000000000`},
		{"SUBMIT 3.0", must(AppendSubmit(nil, V30, 3, &vecSubmit)), `
			000000c7000000040000000300000000000000000101010173766300000000000000020000000000000000000000000000000000000000000000000000000000
			00000000000008393031323334303130303030303000000000000000000000000000000000000000000000000000000000000000000000313036393030313233
			34000000000000000000000001313338303031333830303000000000000000000000000000000000000000000000044f60597d00000000000000000000000000
			00000000000000`},
		{"SUBMIT_RESP 2.0", AppendSubmitResp(nil, V20, 2, SubmitResp{MsgID: vecMsgID}), "000000158000000400000002318285180001e24100"},
		{"SUBMIT_RESP 3.0, flow control", AppendSubmitResp(nil, V30, 3, SubmitResp{MsgID: vecMsgID, Result: ResultFlow}),
			"000000188000000400000003318285180001e24100000008"},
		{"report, short number", must(AppendReport(nil, ShortNumber, &vecReport)), hex.EncodeToString(vecReport60)},
		{"report, long number", must(AppendReport(nil, LongNumber, &vecReport)), hex.EncodeToString(vecReport71)},
		{"DELIVER 2.0, report", must(AppendDeliver(nil, V20, 9, vecDeliver.with(0, 1, vecReport60))), `
			00000091000000050000000911223344556677883130363930303132333400000000000000000000007376630000000000000000000031333830303133383030
			3000000000000000000000013c318285180001e24144454c49565244323630333034303530363236303330343035303731333830303133383030300000000000
			0000000000000000070000000000000000`},
		{"DELIVER 3.0, report", must(AppendDeliver(nil, V30, 11, vecDeliver.with(0, 1, vecReport71))), `
			000000b4000000050000000b11223344556677883130363930303132333400000000000000000000007376630000000000000000000031333830303133383030
			30000000000000000000000000000000000000000000000147318285180001e24144454c49565244323630333034303530363236303330343035303731333830
			30313338303030000000000000000000000000000000000000000000000000070000000000000000000000000000000000000000`},
		{"DELIVER 3.0, text", must(AppendDeliver(nil, V30, 10, vecDeliver.with(8, 0, unhex("4f60597d")))), `
			00000071000000050000000a11223344556677883130363930303132333400000000000000000000007376630000000000000000000831333830303133383030
			300000000000000000000000000000000000000000000000044f60597d0000000000000000000000000000000000000000`},
		{"DELIVER_RESP 2.0", AppendDeliverResp(nil, V20, 9, DeliverResp{MsgID: 0x1122334455667788}), "000000158000000500000009112233445566778800"},
		{"DELIVER_RESP 3.0", AppendDeliverResp(nil, V30, 10, DeliverResp{MsgID: 0x1122334455667788}),
			"00000018800000050000000a112233445566778800000000"},
		{"ACTIVE_TEST", AppendActiveTest(nil, 5), "0000000c0000000800000005"},
		{"ACTIVE_TEST_RESP", AppendActiveTestResp(nil, 5), "0000000d800000080000000500"},
		{"TERMINATE", AppendTerminate(nil, 6), "0000000c0000000200000006"},
	} {
		if want := unhex(c.want); !bytes.Equal(c.got, want) {
			t.Errorf("%s\n got %x\nwant %x", c.name, c.got, want)
		}
	}
}

func TestDecodeVectors(t *testing.T) {
	equal := func(name string, got, want any) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: -want +got\n%s", name, d)
		}
	}
	for _, v := range []Version{V20, V30} {
		var s Submit
		if err := ParseSubmit(v, must(AppendSubmit(nil, v, 1, &vecSubmit))[HeaderLen:], &s); err != nil {
			t.Fatal(err)
		}
		equal("SUBMIT "+v.String(), s, vecSubmit)
	}
	for _, content := range [][]byte{vecReport60, vecReport71} {
		r, err := ParseReport(content)
		if err != nil {
			t.Fatal(err)
		}
		equal("report", r, vecReport)
	}
	c, err := ParseConnect(unhex("393031323334db463883b1320c8e24823293dc19ff0030121f71af"))
	if err != nil || c.SourceAddr != "901234" || c.Version != V30 || c.Timestamp != 304050607 || !c.Authentic("secret") || c.Authentic("Secret") {
		t.Errorf("CONNECT: %+v %v", c, err)
	}
	for _, body := range []string{"00c6260c6624234a0b127b2fdc854d683d20", "00000000fac30a1f6168949bf545428fac912c8830"} {
		r, err := ParseConnectResp(unhex(body))
		if err != nil || r.Status != 0 || !r.Verify(c.Auth, "secret") || r.Verify(c.Auth, "other") {
			t.Errorf("CONNECT_RESP %s: %+v %v", body, r, err)
		}
	}
	r2, err2 := ParseSubmitResp(unhex("318285180001e24100"))
	r3, err3 := ParseSubmitResp(unhex("318285180001e24100000008"))
	if r2 != (SubmitResp{vecMsgID, 0}) || r3 != (SubmitResp{vecMsgID, 8}) || err2 != nil || err3 != nil {
		t.Errorf("SUBMIT_RESP: %v %v, %v %v", r2, err2, r3, err3)
	}
}

// The long message: two parts whose whole PDUs are known by the beginning of their SHA-256.
func TestLongMessageVector(t *testing.T) {
	segments, err := carrier.Split(strings.Repeat("短信网关", 20), 0x5a)
	if err != nil || len(segments) != 2 {
		t.Fatalf("%d parts, %v", len(segments), err)
	}
	for _, c := range []struct {
		v    Version
		part int
		size int
		hash string
	}{
		{V30, 0, 335, "40f1248733b91707"}, {V30, 1, 227, "3eb347c96319708d"}, {V20, 0, 299, "6f32decdcc81979f"}, {V20, 1, 191, "5228dc28017f854e"},
	} {
		s, g := vecSubmit, segments[c.part]
		s.Total, s.Number, s.UDHI, s.Content = g.Total, g.Number, 1, g.Content
		pdu := must(AppendSubmit(nil, c.v, uint32(20+c.part), &s))
		hash := sha256.Sum256(pdu)
		if got := hex.EncodeToString(hash[:8]); len(pdu) != c.size || got != c.hash {
			t.Errorf("%v part %d: %d bytes %s, want %d %s", c.v, c.part+1, len(pdu), got, c.size, c.hash)
		}
	}
}

func TestMsgID(t *testing.T) {
	id := NewMsgID(vecMoment, 123456, 789)
	if id != 0x321461c1e2400315 {
		t.Fatalf("%x", uint64(id))
	}
	mo, d, h, mi, s, gw, seq := id.Fields()
	if mo != time.March || d != 4 || h != 5 || mi != 6 || s != 7 || gw != 123456 || seq != 789 {
		t.Error(mo, d, h, mi, s, gw, seq)
	}
	if id.String() != "3608616686783038229" {
		t.Error(id.String())
	}
	last := NewMsgID(vecMoment, 123456, 65535)
	if _, _, _, _, _, gw, seq := last.Of(2).Fields(); gw != 123456 || seq != 1 {
		t.Errorf("the sequence must wrap alone: gateway %d, sequence %d", gw, seq)
	}
}
