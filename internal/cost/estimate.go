package cost

import "fmt"

// A Class is a storage class of originals.
type Class string

// The storage classes.
const (
	Standard    Class = "standard"
	Intelligent Class = "intelligent-tiering"
	Glacier     Class = "glacier-ir"
)

// Classes returns all storage classes.
func Classes() []Class { return []Class{Standard, Intelligent, Glacier} }

// ParseClass returns the storage class of that name.
func ParseClass(name string) (Class, error) {
	for _, c := range Classes() {
		if name == string(c) {
			return c, nil
		}
	}
	return "", fmt.Errorf("there is no storage class %q: give one of standard, intelligent-tiering and glacier-ir", name)
}

// A Library is what a gallery holds and how it is used.
type Library struct {
	Photos          int64   `json:"photos"`
	Gigabytes       float64 `json:"gigabytes"`         // of originals; as AWS counts them, of 2^30 bytes
	UploadsPerMonth int64   `json:"uploads_per_month"` // photos that come each month, one at a time
	ViewsPerMonth   int64   `json:"views_per_month"`   // photos that visitors look at
	Class           Class   `json:"storage_class"`     // of originals
	Labels          bool    `json:"labels"`            // every photo is shown to Rekognition
	Faces           bool    `json:"faces"`             // and its faces are compared; only with Labels
	FreeTier        bool    `json:"free_tier"`         // what is free each month for ever is taken off, and nothing else uses it
}

// A Line is one thing that AWS bills.
type Line struct {
	Service        string  `json:"service"`
	What           string  `json:"what"`
	Unit           string  `json:"unit"`
	Once           float64 `json:"once"`            // units, for what is there already: uploaded and made in one month
	Monthly        float64 `json:"monthly"`         // units each month
	OnceDollars    float64 `json:"once_dollars"`    // what the month of Once costs more than another
	MonthlyDollars float64 `json:"monthly_dollars"` // of a month
}

// An Estimate is what a library costs, by line.
type Estimate []Line

const gigabyte = 1 << 30

// Estimate returns what a library costs on AWS: once to put it there, and then each month. The library does not grow in it: what
// a month adds is stored, too, and [Library.Grown] tells the cost of that.
func (l Library) Estimate() Estimate {
	p := Prices()
	photos, uploads := float64(l.Photos), float64(l.UploadsPerMonth)
	size := 0.0 // of a photo, bytes
	if l.Photos > 0 {
		size = l.Gigabytes * gigabyte / photos
	}
	once := uploading(size).times(l.Photos).Plus(developing(l.Photos, developBatch, l.Labels, l.Faces)).Plus(publishing(l.Photos, publishBatch, l.Labels))
	month := uploading(size).times(l.UploadsPerMonth).Plus(developing(l.UploadsPerMonth, 1, l.Labels, l.Faces)).
		Plus(publishing(l.UploadsPerMonth, 1, l.Labels)).Plus(idling(l.Photos)).Plus(searching(l.ViewsPerMonth))
	views := float64(l.ViewsPerMonth)

	var e Estimate
	add := func(service string, price Price, once, monthly float64) {
		if once == 0 && monthly == 0 {
			return
		}
		free := 0.0
		if l.FreeTier {
			free = price.Free
		}
		billed := func(units float64) float64 { return price.Of(units - min(free, max(0, units))) }
		e = append(e, Line{service, price.What, price.Unit, once, monthly, billed(once+monthly) - billed(monthly), billed(monthly)})
	}
	switch l.Class {
	case Intelligent:
		// The first month is billed as read, the next two as not read for 30 days, in place of three at the price that lasts.
		add("S3 originals", p.S3.IntelligentFrequent, l.Gigabytes, 0)
		add("S3 originals", p.S3.IntelligentInfrequent, 2*l.Gigabytes, 0)
		add("S3 originals", p.S3.IntelligentArchive, -3*l.Gigabytes, l.Gigabytes)
		add("S3 originals", p.S3.IntelligentMonitoring, 0, photos)
		add("S3 originals", p.S3.IntelligentTransition, photos, uploads)
	case Glacier:
		add("S3 originals", p.S3.Glacier, 0, l.Gigabytes)
		add("S3 originals", p.S3.GlacierTransition, photos, uploads)
	default:
		add("S3 originals", p.S3.Standard, 0, l.Gigabytes)
	}
	add("S3 gallery", p.S3.Standard, 0, photos*galleryBytes/gigabyte)
	add("S3 requests", p.S3.Put, float64(once.S3Put+once.S3List), float64(month.S3Put+month.S3List))
	add("S3 requests", p.S3.Get, float64(once.S3Get), float64(month.S3Get)+views)
	add("Lambda", p.Lambda.Requests, float64(once.Lambda), float64(month.Lambda))
	add("Lambda", p.Lambda.Compute, once.LambdaGBSeconds, month.LambdaGBSeconds)
	add("SQS, SNS", p.SQS.Requests, float64(once.SQS), float64(month.SQS))
	add("SQS, SNS", p.SNS.Requests, float64(once.SNS), float64(month.SNS))
	add("Scheduler", p.Scheduler.Requests, 0, sweeps+nights)
	add("CloudWatch", p.Logs.Ingestion, photos*logBytes/gigabyte, (uploads+sweeps+views/viewsPerSearch)*logBytes/gigabyte)
	add("CloudWatch", p.Alarms.Standard, 0, alarms)
	add("CloudFront", p.CloudFront.Requests, 0, views*requestsPerView)
	add("CloudFront", p.CloudFront.Transfer, 0, views*bytesPerView/gigabyte)
	add("CloudFront", p.CloudFront.Functions, 0, views)
	add("Rekognition", p.Rekognition.Labels, float64(once.DetectLabels), float64(month.DetectLabels))
	add("Rekognition", p.Rekognition.Faces, float64(once.IndexFaces+once.SearchFaces), float64(month.IndexFaces+month.SearchFaces))
	if l.Labels && l.Faces {
		add("Rekognition", p.Rekognition.Storage, 0, photos*facesPerPhoto)
	}
	return e
}

// Once returns what it costs to put the library there, in dollars.
func (e Estimate) Once() float64 {
	sum := 0.0
	for _, line := range e {
		sum += line.OnceDollars
	}
	return sum
}

// Monthly returns what a month costs after that, in dollars.
func (e Estimate) Monthly() float64 {
	sum := 0.0
	for _, line := range e {
		sum += line.MonthlyDollars
	}
	return sum
}

// ByService returns one line for each service, in order, with the dollars of all that it bills.
func (e Estimate) ByService() Estimate {
	var sums Estimate
	for _, line := range e {
		if len(sums) == 0 || sums[len(sums)-1].Service != line.Service {
			sums = append(sums, Line{Service: line.Service})
		}
		last := &sums[len(sums)-1]
		last.OnceDollars += line.OnceDollars
		last.MonthlyDollars += line.MonthlyDollars
	}
	return sums
}

// Grown returns the library as it is after so many months of uploads of the size that its photos have.
func (l Library) Grown(months int64) Library {
	if l.Photos > 0 {
		l.Gigabytes += l.Gigabytes / float64(l.Photos) * float64(l.UploadsPerMonth*months)
	}
	l.Photos += l.UploadsPerMonth * months
	return l
}

// Drives returns how many of the drives hold so many gigabytes (of 2^30 bytes), and what they cost.
func (d Drive) Drives(gigabytes float64) (count int, dollars float64) {
	bytes := gigabytes * gigabyte
	for count = 1; float64(count)*d.Terabytes*1e12 < bytes; count++ {
	}
	return count, float64(count) * d.Dollars
}
