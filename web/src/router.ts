import { createRouter, createWebHashHistory } from 'vue-router';

import OverviewPanel from '@/panels/overview/OverviewPanel.vue';

// Addresses after '#' need nothing from the server, and work behind any proxy.
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: '/', name: 'overview', component: OverviewPanel, meta: { title: 'nav.overview' } },
    {
      path: '/cases', name: 'cases', component: () => import('@/panels/cases/CasesPanel.vue'),
      meta: { title: 'nav.cases' },
    },
    {
      path: '/cases/:id', name: 'case', component: () => import('@/panels/case/CasePanel.vue'),
      meta: { title: 'nav.cases' },
    },
    {
      path: '/pages', name: 'pages', component: () => import('@/panels/pages/PagesPanel.vue'),
      meta: { title: 'nav.pages' },
    },
    {
      path: '/pages/:code', name: 'page', component: () => import('@/panels/pages/PagePanel.vue'),
      meta: { title: 'nav.pages' },
    },
    {
      path: '/scores', name: 'scores', component: () => import('@/panels/scores/ScoresPanel.vue'),
      meta: { title: 'nav.scores' },
    },
    {
      path: '/sign-in', name: 'sign-in', component: () => import('@/panels/sign-in/SignInPanel.vue'),
      meta: { title: 'nav.signIn' },
    },
    {
      path: '/:rest(.*)*', name: 'not-found', component: () => import('@/panels/NotFoundPanel.vue'),
      meta: { title: 'app.notFound' },
    },
  ],
  scrollBehavior: (to, from, saved) => {
    if (saved) return saved;
    // A changed filter keeps the reader's place.
    return to.path === from.path ? false : { top: 0 };
  },
});
