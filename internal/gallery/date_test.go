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

// TestOddDates wants dates that can't be written to be none, for a record with one could not be read again.
func TestOddDates(t *testing.T) {
	for _, moment := range []time.Time{
		time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Unix(1<<60, 0), time.Unix(-1<<60, 0), time.Date(2024, 1, 1, 0, 0, 0, 0, time.FixedZone("", 99*60*60)),
		time.Date(2024, 1, 1, 0, 0, 0, 0, time.FixedZone("", -24*60*60)), time.Date(2024, 1, 1, 0, 0, 0, 0, time.FixedZone("", 23*60*60+59*60)),
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -12*60*60)),
	} {
		for _, d := range []Date{Wall(moment), Zoned(moment)} {
			text, err := json.Marshal(d)
			if err != nil {
				t.Fatal(err)
			}
			var back Date
			if err := json.Unmarshal(text, &back); err != nil || back.String() != d.String() {
				t.Errorf("%v is written as %s and read as %v, %v", moment, text, back, err)
			}
		}
	}
}
