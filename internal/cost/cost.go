// Package cost says what Shoebox costs on Amazon Web Services. A [Usage] counts what is billed by use and is priced by
// [Usage.Dollars]. A [Library] is a gallery as a whole, of which [Library.Estimate] says what it costs once and each month. The
// prices are a dated list in prices.toml.
package cost

import "time"

// Usage counts what AWS bills by use. The zero value is nothing.
type Usage struct {
	S3Get           int64   `json:"s3_get,omitempty"` // HEAD too
	S3Put           int64   `json:"s3_put,omitempty"`
	S3List          int64   `json:"s3_list,omitempty"`   // of up to 1,000 keys each
	S3Delete        int64   `json:"s3_delete,omitempty"` // free
	SQS             int64   `json:"sqs,omitempty"`       // requests: a batch of 10 messages up to 64 KB is one
	SNS             int64   `json:"sns,omitempty"`       // messages published
	Lambda          int64   `json:"lambda,omitempty"`    // invocations
	LambdaGBSeconds float64 `json:"lambda_gb_seconds,omitempty"`
	DetectLabels    int64   `json:"detect_labels,omitempty"` // images
	IndexFaces      int64   `json:"index_faces,omitempty"`   // images
	SearchFaces     int64   `json:"search_faces,omitempty"`  // searches
	SSM             int64   `json:"ssm,omitempty"`           // requests; free
}

// Plus returns both together.
func (u Usage) Plus(v Usage) Usage {
	return Usage{
		S3Get: u.S3Get + v.S3Get, S3Put: u.S3Put + v.S3Put, S3List: u.S3List + v.S3List, S3Delete: u.S3Delete + v.S3Delete,
		SQS: u.SQS + v.SQS, SNS: u.SNS + v.SNS, SSM: u.SSM + v.SSM,
		Lambda: u.Lambda + v.Lambda, LambdaGBSeconds: u.LambdaGBSeconds + v.LambdaGBSeconds,
		DetectLabels: u.DetectLabels + v.DetectLabels, IndexFaces: u.IndexFaces + v.IndexFaces, SearchFaces: u.SearchFaces + v.SearchFaces,
	}
}

// times returns it so many times over.
func (u Usage) times(n int64) Usage {
	return Usage{
		S3Get: u.S3Get * n, S3Put: u.S3Put * n, S3List: u.S3List * n, S3Delete: u.S3Delete * n, SQS: u.SQS * n, SNS: u.SNS * n, SSM: u.SSM * n,
		Lambda: u.Lambda * n, LambdaGBSeconds: u.LambdaGBSeconds * float64(n),
		DetectLabels: u.DetectLabels * n, IndexFaces: u.IndexFaces * n, SearchFaces: u.SearchFaces * n,
	}
}

// Dollars returns what it costs by list price. Nothing is taken off for what is free each month, since one use does not know of
// the others.
func (u Usage) Dollars() float64 {
	p := Prices()
	return p.S3.Get.Of(float64(u.S3Get)) + p.S3.Put.Of(float64(u.S3Put+u.S3List)) + p.S3.Delete.Of(float64(u.S3Delete)) +
		p.SQS.Requests.Of(float64(u.SQS)) + p.SNS.Requests.Of(float64(u.SNS)) + p.SSM.Requests.Of(float64(u.SSM)) +
		p.Lambda.Requests.Of(float64(u.Lambda)) + p.Lambda.Compute.Of(u.LambdaGBSeconds) +
		p.Rekognition.Labels.Of(float64(u.DetectLabels)) + p.Rekognition.Faces.Of(float64(u.IndexFaces+u.SearchFaces))
}

// GBSeconds returns what an invocation of a function with so much memory (in MB, as it is configured) counts for when it took so
// long. Lambda bills whole milliseconds.
func GBSeconds(memory int, took time.Duration) float64 {
	ms := (took + time.Millisecond - 1) / time.Millisecond
	return float64(memory) / 1024 * float64(ms) / 1000
}
