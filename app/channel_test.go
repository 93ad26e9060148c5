package app

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"cardlink/dispatch"
	"cardlink/dispatch/carrier"
)

func TestChannelSettings(t *testing.T) {
	var c Channel
	if err := json.Unmarshal([]byte(`{"name":"cm-1","protocol":"cmpp","number":"1069","rate":100,"carriers":["cmcc"],"kinds":["notify"],"address":"h:1","account":"901234","secret":"s",
		"margin":"12ms","encoding":{"chinese":"gbk","no_ascii":true,"ref16":true,"head":3,"tail":8}}`), &c); err != nil {
		t.Fatal(err)
	}
	if err := c.validate(); err != nil {
		t.Fatal(err)
	}
	want := dispatch.Channel{
		Name: "cm-1", Protocol: "cmpp", Number: "1069", Rate: 100, Carriers: []string{"cmcc"}, Kinds: []string{"notify"}, Margin: 12 * time.Millisecond,
		Encoding: carrier.Encoding{Chinese: carrier.FormatGBK, NoASCII: true, Ref16: true, Head: 3, Tail: 8},
	}
	if d := cmp.Diff(want, c.dispatch()); d != "" {
		t.Error(d)
	}
	plain := Channel{Name: "x", Protocol: "cmpp", Number: "1", Rate: 1, Address: "h:1", Account: "1"}
	if err := plain.validate(); err != nil || plain.dispatch().Encoding.Chinese != carrier.FormatUCS2 || plain.dispatch().Margin != 0 {
		t.Errorf("without settings: %+v, %v", plain.dispatch(), err)
	}
	b, err := json.Marshal(plain)
	if err != nil || strings.Contains(string(b), "encoding") || strings.Contains(string(b), "margin") {
		t.Errorf("%s, %v", b, err)
	}
	plain.Margin, plain.Encoding = Span(2*time.Second), ChannelText{Chinese: "latin", Head: -1, Tail: 61}
	err = plain.validate()
	for _, want := range []string{"margin", `"latin"`, "encoding.head"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no complaint names %s: %v", want, err)
		}
	}
	if err := json.Unmarshal([]byte(`{"margin":"5"}`), &c); err == nil {
		t.Error("a margin without a unit was taken")
	}
}
