import vue from '@vitejs/plugin-vue';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const server = process.env.CHENGSHU_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [vue()],
  base: '/',
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  build: {
    target: 'es2022',
    // The server's Content-Security-Policy forbids data: addresses.
    assetsInlineLimit: 0,
    // MapLibre is a chunk of its own, loaded only when a map is shown.
    chunkSizeWarningLimit: 1200,
    reportCompressedSize: false,
  },
  server: { port: 5173, proxy: { '/api': { target: server, changeOrigin: false } } },
  test: { include: ['test/unit/**/*.test.ts'], environment: 'node' },
});
