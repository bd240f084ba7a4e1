import { acceptedFormat } from '../../src/metrics/prometheus/accepted.format.js';

const TEXT = 'text/plain';
const OPENMETRICS = 'application/openmetrics-text';

const PROMETHEUS_2 = `${OPENMETRICS};version=1.0.0,${OPENMETRICS};version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1`;
const PROMETHEUS_3 =
  `${OPENMETRICS};version=1.0.0;escaping=allow-utf-8;q=0.6,${OPENMETRICS};version=0.0.1;q=0.5,` +
  `text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2`;

describe('the format of GET /metrics', () => {
  it.each([
    [undefined, undefined],
    ['*/*', undefined],
    ['', undefined],
    ['application/json', undefined],
    ['application/*', undefined],
    ['text/html', undefined], // as before there was a choice
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', undefined], // a browser
    ['application/json, text/plain, */*', undefined], // axios, Angular
    ['text/plain, application/json, application/*+json, */*', undefined], // Spring's RestTemplate
    ['text/plain;q=0.5, application/json;q=0.4', TEXT],
    ['text/plain;q=0.5, application/json;q=0.6', undefined],
    ['text/plain;q=0.5, */*', undefined],
    ['text/plain;q=0, */*;q=0.1', undefined],
    ['text/plain;q=0', undefined],
    [`${OPENMETRICS};q=0, text/plain`, TEXT],
    ['text/plain', TEXT],
    ['TEXT/PLAIN ; charset=UTF-8', TEXT],
    ['text/plain, */*', TEXT],
    ['text/*', TEXT],
    ['text/plain;version=0.0.4;q=0.5,*/*;q=0.1', TEXT],
    [`text/plain;q=0.9, ${OPENMETRICS};q=0.8`, TEXT],
    [OPENMETRICS, OPENMETRICS],
    [`${OPENMETRICS}; version=1.0.0; charset=utf-8`, OPENMETRICS],
    [PROMETHEUS_2, OPENMETRICS],
    [PROMETHEUS_3, OPENMETRICS],
    [
      'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.7,text/plain;q=0.3',
      TEXT,
    ],
    ['rubbish', undefined],
    [',;q=,=', undefined],
  ])('for Accept: %s is %s', (accept, format) => {
    expect(acceptedFormat(accept)).toBe(format);
  });
});
