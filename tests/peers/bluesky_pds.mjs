// A server of the AT protocol with its own directory of identities, all on this machine.
// node bluesky_pds.mjs INSTALLED DATA PORT
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import path from 'node:path'
import { randomBytes } from 'node:crypto'

const [home, data, port] = process.argv.slice(2)
const require = createRequire(path.join(home, 'package.json'))
const { PlcServer, Database } = require('@did-plc/server')
const { PDS, envToCfg, envToSecrets } = await import(pathToFileURL(path.join(home, 'node_modules/@atproto/pds/dist/index.js')))
const plc = PlcServer.create({ db: Database.mock(), port: 0 })
const listening = await plc.start()
const plcUrl = `http://localhost:${listening.address().port}`
const env = {
  port: Number(port), hostname: 'localhost', devMode: true, dataDirectory: data,
  blobstoreDiskLocation: path.join(data, 'blobs'), didPlcUrl: plcUrl, inviteRequired: false,
  adminPassword: 'admin', rateLimitsEnabled: false, jwtSecret: randomBytes(16).toString('hex'), blobUploadLimit: 60_000_000,
  plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'), serviceHandleDomains: ['.test'],
}
const pds = await PDS.create(envToCfg(env), envToSecrets(env))
await pds.start()
console.log(`pds on http://127.0.0.1:${port}`)
