package cost

import (
	_ "embed"
	"fmt"
	"sync"

	"github.com/pelletier/go-toml/v2"
)

//go:embed prices.toml
var pricesFile string

// A Price is what so many units of something cost, and who says so.
type Price struct {
	What       string  `toml:"what"`
	Dollars    float64 `toml:"dollars"`     // of Per units
	Per        float64 `toml:"per"`         // units
	Unit       string  `toml:"unit"`        // in the plural: "requests"
	Free       float64 `toml:"free"`        // units a month that every account has for nothing, for ever
	Date       string  `toml:"date"`        // of the source: a year, a month or a day
	Source     string  `toml:"source"`      // where it was read
	SecondHand bool    `toml:"second_hand"` // whether that is not a page of AWS
}

// Of returns what n units cost, in dollars, without the free part.
func (p Price) Of(n float64) float64 { return n / p.Per * p.Dollars }

// A List is all the prices that matter here: prices.toml, which is part of the program.
type List struct {
	Collected string `toml:"collected"` // when the list was put together: a day
	S3        struct {
		Put                   Price `toml:"put"` // LIST too
		Get                   Price `toml:"get"` // HEAD too
		Delete                Price `toml:"delete"`
		Standard              Price `toml:"standard"`
		IntelligentFrequent   Price `toml:"intelligent_frequent"`
		IntelligentInfrequent Price `toml:"intelligent_infrequent"`
		IntelligentArchive    Price `toml:"intelligent_archive"`
		IntelligentMonitoring Price `toml:"intelligent_monitoring"`
		IntelligentTransition Price `toml:"intelligent_transition"`
		Glacier               Price `toml:"glacier"`
		GlacierTransition     Price `toml:"glacier_transition"`
		GlacierRead           Price `toml:"glacier_read"`
	} `toml:"s3"`
	Lambda struct {
		Requests Price `toml:"requests"`
		Compute  Price `toml:"compute"`
	} `toml:"lambda"`
	SQS struct {
		Requests Price `toml:"requests"`
	} `toml:"sqs"`
	SNS struct {
		Requests Price `toml:"requests"`
	} `toml:"sns"`
	Rekognition struct {
		Labels  Price `toml:"labels"`
		Faces   Price `toml:"faces"`
		Storage Price `toml:"storage"`
	} `toml:"rekognition"`
	SSM struct {
		Requests Price `toml:"requests"`
	} `toml:"ssm"`
	Scheduler struct {
		Requests Price `toml:"requests"`
	} `toml:"scheduler"`
	Logs struct {
		Ingestion Price `toml:"ingestion"`
	} `toml:"logs"`
	Alarms struct {
		Standard Price `toml:"standard"`
	} `toml:"alarms"`
	CloudFront struct {
		Requests  Price `toml:"requests"`
		Transfer  Price `toml:"transfer"`
		Functions Price `toml:"functions"`
	} `toml:"cloudfront"`
	Drive Drive `toml:"drive"`
}

// A Drive is a hard drive as in a home backup.
type Drive struct {
	Dollars    float64 `toml:"dollars"`
	Terabytes  float64 `toml:"terabytes"`
	Years      float64 `toml:"years"` // after which it is replaced
	Date       string  `toml:"date"`
	Source     string  `toml:"source"`
	SecondHand bool    `toml:"second_hand"`
}

// Prices returns the list. Nobody may change it.
var Prices = sync.OnceValue(func() *List {
	var l List
	if err := toml.Unmarshal([]byte(pricesFile), &l); err != nil {
		panic(fmt.Sprintf("prices.toml: %v", err)) // it is part of the program, and a test reads it
	}
	return &l
})
