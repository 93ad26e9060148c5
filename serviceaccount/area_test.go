package serviceaccount

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestOfficialAreas(t *testing.T) {
	provinces, places := 0, 0
	seen := map[string]bool{}
	for line := range strings.Lines(areasText) {
		for i, n := range strings.Fields(line) {
			if seen[n] {
				t.Errorf("%s stands twice in the list", n)
			}
			seen[n] = true
			if i == 0 {
				provinces++
			} else {
				places++
			}
		}
	}
	// 23 provinces, 5 autonomous regions, 4 municipalities, 2 special administrative regions; 333 prefecture-level divisions and 32 places
	// directly under a province.
	if provinces != 34 || places != 333+32 {
		t.Errorf("%d provinces and %d places below them", provinces, places)
	}
}

func TestAreas(t *testing.T) {
	for _, c := range []struct {
		areas string
		want  string // a part of the complaint; "" = good
	}{
		{"全国", ""},
		{"河北省", ""},
		{"石家庄市", ""},
		{"河北省,广东省,福建省", ""},
		{"石家庄市,唐山市,深圳市", ""},
		{"吉林市,长春市", ""},
		{"海南省,海南藏族自治州", ""}, // one is in Qinghai
		{"北京市,天津市", ""},
		{"仙桃市,武汉市", ""},
		{"河北省，广东省", ""}, // a full-width comma
		{"全国,河北省", "全国 and 河北省"},
		{"深圳市,全国", "深圳市 and 全国"},
		{"广东省,深圳市", "广东省 and 深圳市"},
		{"深圳市,河北省,广东省", "深圳市 and 广东省"},
		{"吉林省,吉林市", "吉林省 and 吉林市"},
		{"海南省,琼海市", "海南省 and 琼海市"},
		{"河北省,河北省", "河北省 twice"},
		{"全国,全国", "全国 twice"},
		{"河北", `"河北"`},
		{"Hebei", `"Hebei"`},
		{"海淀区", `"海淀区"`},
		{"市辖区", `"市辖区"`},
		{"河北省;广东省", "official name"},
	} {
		err := checkAreas("province", splitAreas(c.areas))
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.areas, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: %v, want …%s…", c.areas, err, c.want)
		}
	}
}

// Whatever the areas and their order: they are accepted exactly if no two share ground.
func TestAreasOverlapWhateverTheirOrder(t *testing.T) {
	all := append(strings.Fields(areasText), Nationwide)
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 0, 6, rapid.ID[string]).Draw(t, "areas")
		clash := false
		for i, a := range names {
			for _, b := range names[:i] {
				if overlap(a, b) != overlap(b, a) {
					t.Fatalf("overlap(%s, %s) depends on the order", a, b)
				}
				clash = clash || overlap(a, b)
			}
		}
		shuffled := rapid.Permutation(slices.Clone(names)).Draw(t, "order")
		if err := checkAreas("f", shuffled); (err != nil) != clash {
			t.Fatalf("%v: %v, clash %v", shuffled, err, clash)
		}
	})
}
