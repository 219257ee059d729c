/** Entry point that tries one device: a faulty driver ends this process, and no other. Device in, reason or null out. */
import '../compat.ts'
import * as v from 'valibot'
import { DEVICES, whyUnavailable } from '../model/session.ts'
import { serveWorker } from './worker-host.ts'

serveWorker((input) => v.parse(v.picklist(DEVICES), input), whyUnavailable)
