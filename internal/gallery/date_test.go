package gallery

import (
	"encoding/json"
	"testing"
	"time"
)

func TestDateText(t *testing.T) {
	oslo := time.FixedZone("", 2*60*60)
	for want, d := range map[string]Date{
		`"2024-07-15T18:30:00"`:       Wall(time.Date(2024, 7, 15, 18, 30, 0, 500, oslo)),
		`"2024-07-15T18:30:00+02:00"`: Zoned(time.Date(2024, 7, 15, 18, 30, 0, 500, oslo)),
		`"2024-07-15T18:30:00Z"`:      Zoned(time.Date(2024, 7, 15, 18, 30, 0, 0, time.UTC)),
		`""`:                          {},
	} {
		text, err := json.Marshal(d)
		if err != nil || string(text) != want {
			t.Errorf("%v is written as %s, %v, want %s", d, text, err, want)
		}
		var back Date
		if err := json.Unmarshal(text, &back); err != nil || back.String() != d.String() || back.Zoned != d.Zoned {
			t.Errorf("%s is read as %v, %v", text, back, err)
		}
		if back.Clock() != d.Clock() {
			t.Errorf("%s shows %v on the clock, want %v", text, back.Clock(), d.Clock())
		}
	}
	var d Date
	for _, bad := range []string{`"yesterday"`, `2024`, `"2024-13-01T00:00:00"`, `"`} {
		if err := json.Unmarshal([]byte(bad), &d); err == nil {
			t.Errorf("%s is read as a date", bad)
		}
	}
}
