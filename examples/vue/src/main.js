import { createApp } from 'vue';
import Enlarger from './Enlarger.vue';

createApp(Enlarger).mount('#app');
