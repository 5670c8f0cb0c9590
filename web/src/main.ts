import { createApp, watchEffect } from 'vue';

import { setAcceptLanguage } from '@/api/client';
import { language } from '@/i18n';
import { loadCity } from '@/stores/city';
import { loadSession } from '@/stores/session';

import App from './App.vue';
import { router } from './router';
import './styles/tokens.css';
import './styles/base.css';

watchEffect(() => setAcceptLanguage(language.value));
void loadCity();
void loadSession();

createApp(App).use(router).mount('#app');
