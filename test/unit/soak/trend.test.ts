import assert from 'node:assert/strict';
import { trendOf } from '../../soak/sample.ts';
import { median, slopePerHour, type Point } from '../../soak/trend.ts';

describe('the trend of a soak', () => {
  const times = Array.from({ length: 60 }, (_, i) => i * 10);

  it('is the slope of a line, in units an hour', () => {
    const line = times.map((t): Point => [t, 50 + t / 360]);
    assert.equal(Math.round(slopePerHour(line)), 10);
  });
  it('is 0 for a saw, and is not moved by some large values', () => {
    const saw = times.map((t, i): Point => [t, i % 20 === 7 ? 500 : 50 + (i % 3)]);
    assert.ok(Math.abs(slopePerHour(saw)) < 1, String(slopePerHour(saw)));
  });
  it('finds a leak under a saw', () => {
    const leak = times.map((t, i): Point => [t, 50 + (i % 3) + t / 60]);
    assert.ok(slopePerHour(leak) > 50);
  });
  it('has a median of any count', () => {
    assert.deepEqual([median([]), median([3]), median([4, 1]), median([9, 1, 2])], [0, 3, 2.5, 2]);
  });

  it('is flat for memory that goes up and down, and not for memory that grows by more than 5 MB', () => {
    const flat = times.map((t, i): Point => [t, 55 + (i % 5)]);
    const leak = times.map((t, i): Point => [t, 55 + (i % 5) + (t / 590) * 6]);
    assert.equal(trendOf('a', 'memory', flat).isFlat, true);
    assert.equal(trendOf('a', 'memory', leak).isFlat, false);
    assert.equal(trendOf('a', 'memory', flat.slice(0, 5)).isFlat, false);
  });
});
