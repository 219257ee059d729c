/** A report's pictures, as SVG: how much hangs on whom, and where members agree with the result. Pure. */
import { init } from 'echarts'
import type { MergeReport } from './document.ts'

const WIDTH = 900
const ROW_HEIGHT = 22
const FRAME = { left: 230, right: 60, top: 46, bottom: 40 } as const

type Chart = Parameters<ReturnType<typeof init>['setOption']>[0]

function svgOf(height: number, option: Chart): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height })
  chart.setOption({ animation: false, ...option })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return svg
}

/** Bars by member: norm, cosine to the result, and what leaving it out would change. */
export function memberPicture({ members }: MergeReport): string {
  const names = members.map(({ name, leftOut }) => (leftOut ? `${name} (left out)` : name))
  const changes = members.map(({ leaveOneOut }) =>
    'change' in leaveOneOut ? Number(leaveOneOut.change.toPrecision(3)) : 0,
  )
  return svgOf(FRAME.top + FRAME.bottom + 3 * ROW_HEIGHT * members.length, {
    legend: { top: 8 },
    grid: FRAME,
    xAxis: { type: 'value' },
    yAxis: { type: 'category', data: names, inverse: true },
    series: [
      {
        type: 'bar',
        name: 'norm beside the median',
        data: members.map(({ normToMedian }) => Number((normToMedian ?? 0).toPrecision(3))),
      },
      {
        type: 'bar',
        name: 'cosine to the result',
        data: members.map(({ cosine }) => Number(cosine.toPrecision(3))),
      },
      { type: 'bar', name: 'change of the result without it', data: changes },
    ],
  })
}

/** Members across, modules down: cosine to the result's ΔW of that module. */
export function layerPicture({ members, layers }: MergeReport): string {
  const cells = layers.flatMap(({ members: own }, y) =>
    own.map(({ cosine }, x) => [x, y, Number(cosine.toFixed(2))]),
  )
  return svgOf(FRAME.top + FRAME.bottom + 70 + ROW_HEIGHT * layers.length, {
    grid: { ...FRAME, left: 330, bottom: FRAME.bottom + 70 },
    xAxis: {
      type: 'category',
      data: members.map(({ name }) => name),
      axisLabel: { rotate: 40, interval: 0 },
    },
    yAxis: {
      type: 'category',
      data: layers.map(({ module }) => module),
      inverse: true,
      axisLabel: { interval: 0, fontSize: 10 },
    },
    visualMap: {
      min: -1,
      max: 1,
      orient: 'horizontal',
      left: 'center',
      top: 4,
      inRange: { color: ['#a50026', '#fdae61', '#ffffbf', '#a6d96a', '#1a9850'] },
    },
    series: [{ type: 'heatmap', data: cells, label: { show: members.length <= 12, fontSize: 9 } }],
  })
}
